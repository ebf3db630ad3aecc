"""Plans: what they hold, what they leave out and why. Nothing is signed for one, and no key is opened."""

from __future__ import annotations

import json
import time
from pathlib import Path

import jsonschema_rs
import pytest
from tests.harness.support.listings import hints
from tests.harness.support.terms import BASE_USDC, PAYEE
from tests.harness.support.testnet import CAPS, Testnet, sold

from x402_harness.planning.planfile import plan_schema, read_plan
from x402_harness.reporting.document import document_schema

ACTS = {"risk_notes": ["sends a letter"]}


def written(net: Testnet) -> dict:
    return json.loads((net.folder / "buy.plan").read_text())


def reasons(net: Testnet) -> dict[str, tuple[str | None, str]]:
    return {row["listing"]: (row["rule"], row["reason"]) for row in written(net)["left_out"]}


def test_a_plan_holds_every_call_with_its_option_and_what_it_all_costs(net: Testnet) -> None:
    done = net.plan("--rows", "3")
    assert done.returncode == 0, done.stderr
    found = written(net)
    jsonschema_rs.validator_for(plan_schema()).validate(found)
    assert len({call["case"] for call in found["calls"]}) == 3
    assert {(call["network"], call["amount"], call["price"], call["pay_to"].lower(), call["timeout"])
            for call in found["calls"]} == {("eip155:84532", "20000", "0.020000", PAYEE.lower(), 300)}  # fmt: skip
    assert (found["total"], found["totals"][0]["amount"], found["payer"]) == ("0.06", "0.060000", net.payer)
    assert found["expires"] - found["created"] == 24 * 60 * 60
    assert abs(found["created"] - time.time()) < 60
    assert read_plan((net.folder / "buy.plan").read_bytes()).is_intact()


def test_everything_in_it_is_shown(net: Testnet) -> None:
    shown, found = net.plan("--rows", "2").stdout, written(net)
    for call in found["calls"]:
        for member in ("case", "url", "method", "asset", "pay_to", "price", "network"):
            assert call[member] in shown
    for text in ("0.040000 USDC on eip155:84532", "0.04 dollars in 2 purchases", net.payer, found["digest"],
                 "0.05 a call, 1.00 in all, 5.00 in 24 hours", "private and local addresses"):  # fmt: skip
        assert text in shown


def test_for_programs_it_is_one_document(net: Testnet) -> None:
    told = json.loads(net.plan("--format", "json").stdout)
    jsonschema_rs.validator_for(document_schema()).validate(told)
    assert told["plan"] == written(net)
    assert told["summary"]["purchases"]["planned"] == 1


def test_nothing_is_paid_or_booked_and_no_key_is_opened(net: Testnet) -> None:
    (net.home / "password").unlink()
    assert net.plan().returncode == 0
    assert (net.rows(), net.earned) == ([], 0)


def test_what_is_left_out_has_its_reason(net: Testnet) -> None:
    names = ("good", "mainnet", "dear", "free", "acting", "gone", "moved")
    good, mainnet, dear, free, acting, gone, moved = (sold(name) for name in names)
    mainnet["accepts"][0] |= {"network": "base", "asset": BASE_USDC}
    dear["accepts"][0]["max_amount_required_atomic"] = "50001"
    free["accepts"][0]["max_amount_required_atomic"] = "0"
    moved_now = sold("moved", pay_to="0x" + "12" * 20)
    net.list(good, mainnet, dear, free, acting | ACTS, gone, moved)
    net.serve(good, moved_now)
    assert net.plan().returncode == 0
    found = reasons(net)
    assert set(found) == set(names) - {"good"}
    assert "testnet runs do not pay on base" in found["mainnet"][1]
    assert "over the cap for one call" in found["dear"][1]
    assert "free" in found["free"][1]
    assert "SPEND066" in found["acting"][1]
    assert found["gone"] == ("SPEND067", "status: status 404 where 402 was due")
    assert found["moved"] == ("SPEND008", "another payee than planned")


@pytest.mark.parametrize(("asked", "code"), [("20001", 3), ("20000", 0), ("15000", 0)])
def test_a_call_is_planned_at_the_price_asked_which_may_not_be_above_the_listed_one(
    net: Testnet, asked: str, code: int
) -> None:
    net.serve(sold(max_amount_required_atomic=asked))
    done = net.plan()
    assert done.returncode == code
    if code == 0:
        assert written(net)["calls"][0]["amount"] == asked
    else:
        assert "SPEND008" in done.stdout


def test_side_effects_are_planned_where_they_are_allowed_and_the_plan_says_so(net: Testnet) -> None:
    net.sell(sold(**ACTS))
    assert net.plan().returncode == 3
    done = net.plan("--allow-side-effects")
    assert done.returncode == 0
    assert written(net)["allow_side_effects"] is True
    assert "side effects: calls that transfer" in done.stdout


def test_the_budget_and_the_filters_choose(net: Testnet) -> None:
    net.sell(sold("one"), sold("two"), sold("three"))
    assert net.plan("--per-call-max", "0.02", "--budget", "0.04", "--per-day-max", "1").returncode == 0
    assert written(net)["total"] == "0.04"
    assert ["budget" in reason for _, reason in reasons(net).values()] == [True]
    assert net.plan("--host", "127.*", "--limit", "1").returncode == 0
    assert len(written(net)["calls"]) == 1


def test_where_nothing_is_left_no_plan_is_written(net: Testnet) -> None:
    net.serve()
    done = net.plan()
    assert (done.returncode, (net.folder / "buy.plan").exists()) == (3, False)
    assert "SPEND067" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--mode", "live"), "--allow-private is for testnet plans"),
        (("--payer", "0x" + "11" * 20), "--account NAME or --payer"),
        (("--account", "nobody"), "no account 'nobody'"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_does_not_go_together_is_a_usage_error(net: Testnet, arguments: tuple[str, ...], said: str) -> None:
    done = net.plan(*arguments)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_a_network_that_the_mode_does_not_have_is_a_usage_error(net: Testnet) -> None:
    net.list(sold(network="base", asset=BASE_USDC))
    done = net.plan("--network", "base")
    assert (done.returncode, "testnet runs do not pay on eip155:8453" in done.stderr) == (2, True)


@pytest.mark.parametrize("missing", ["--per-call-max", "--budget", "--per-day-max"])
def test_caps_must_be_given(net: Testnet, missing: str) -> None:
    place = CAPS.index(missing)
    caps = (*CAPS[:place], *CAPS[place + 2 :])
    where = ("--mode", "testnet", "--account", "main", "-o", net.folder / "p")
    done = net.testbuy("plan", net.folder / "shops.json", *where, *caps)
    assert (done.returncode, missing in done.stderr) == (2, True)


def test_a_live_plan_asks_nobody_on_this_machine(net: Testnet) -> None:
    local = sold(network="base", asset=BASE_USDC, hints=hints())
    net.sell(local, local | {"slug": "over-https", "url": "https://localhost/gen"})
    where = ("--mode", "live", "--payer", net.payer, "-o", net.folder / "p")
    done = net.testbuy("plan", net.folder / "shops.json", *where, *CAPS)
    assert done.returncode == 3
    assert "SPEND023" in done.stdout or "SPEND024" in done.stdout


def test_the_shipped_schema_is_the_one_that_the_model_makes(root: Path) -> None:
    shipped = root / "harness" / "x402_harness" / "planning" / "schemas" / "plan.schema.json"
    assert json.loads(shipped.read_text()) == plan_schema()
