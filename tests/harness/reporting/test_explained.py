"""What may explain failures is told wherever failures are."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console
from tests.harness.support.listings import hints, listing, offer
from tests.harness.support.running import Street, ran

from x402_harness.probing.outcome import PAYABLE, Probed
from x402_harness.reporting.check import CheckReport
from x402_harness.reporting.explained import explanations
from x402_harness.reporting.view import fold
from x402_harness.runs.inspection import Refused
from x402_harness.sandbox.behaviour import Fault, Side

FIELDS = {"unit": {"type": "string", "required": True, "enum": ["a", "b", "c"]}}
SHOP = listing(offer(hints=hints(bodyFields=FIELDS)), method="POST")


def seen(folder, **more):
    def broken(response, visit):
        return replace(response, body=b"{}") if visit.values.body["unit"] == "b" else response

    venue = Street(Fault("breaks there", Side.ANSWER, "answers without content there", (), deliver=broken))
    return fold(ran(folder, [SHOP], rows=3, venue=venue, **more).events)


def test_a_check_tells_the_seller_which_value_may_explain_a_failure(tmp_path):
    out = Console(file=io.StringIO(), width=200)
    CheckReport(seen(tmp_path), Probed("http://localhost:8000/gen", True, PAYABLE), Refused()).tell(out)
    lines = out.file.getvalue().splitlines()
    assert '  may explain  body/unit = "b"' in lines
    assert lines[-1].startswith("✗ not conformant")


def test_purchases_are_counted_in_words_that_fit(tmp_path):
    told = [words for _, what, words in explanations(seen(tmp_path, shrink=1)) if what == "smallest"]
    assert [words.split("(")[1] for words in told] == ["1 purchase more)"]
