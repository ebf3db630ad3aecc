"""The truth sheet on a terminal: names of fields are a stranger's text too."""

from __future__ import annotations

import io

from rich.console import Console
from tests.harness.support.listings import hints, listing, offer

from x402_catalog.claims import truth_sheet
from x402_catalog.validation import validate
from x402_harness.reporting.sheet import print_sheet


def test_a_name_that_moves_the_cursor_is_written_as_what_it_is():
    shop = listing(offer(hints=hints(bodyFields={"a\x1b[2J\r\u202e##[error]b": {"type": "string"}})), method="POST")
    out = Console(file=io.StringIO(), width=10_000)
    print_sheet(shop, truth_sheet(shop, validate(shop).judgements), None, out)
    told = out.file.getvalue()
    assert "/bodyFields/a\\x1b[2J\\r\\u202e##\\x5berror]b" in told
    assert not set("\x1b\r\u202e") & set(told)
