"""The example seller, on the official middleware: its tests are green, and each bug turns them red with its rule."""

from __future__ import annotations

import re
import shutil

import pytest

pytest.importorskip("x402", reason="the official SDK is the seller's")

import fastapi  # noqa: F401  # what the seller imports is imported once, here
import x402.http.middleware.fastapi
import x402.mechanisms.evm.exact  # noqa: F401

# The right text and the wrong one, the rule that finds it, and what it says.
BUGS = {
    "another price": ('"$0.02"', '"$0.03"', "CHAL004", "the 402 says 30000, the listing 20000"),
    "another payee": (
        "0xf72499228763814a00f495469eb463ff6b53baeb", "0x" + "2670" * 10, "SPEND008", "another payee than planned",
    ),
    "an answer without a member": (
        "    mood: str\n", "    tone: str = 'calm'\n", "RESP003",
        "/: Additional properties are not allowed ('tone' was unexpected)",
    ),
    "fewer lines": (
        ', "and the frog is late"]', "]", "RESP003",
        "'frog pond at dusk / the sad river answers' does not match '^[^/]+ / [^/]+ / [^/]+$'",
    ),
    "nothing to pay": ("POST /v1/haiku", "POST /v2/haiku", "CHAL001", "answered 200: the content is free"),
    "more than there may be": ("] * order.n", "] * 4", "RESP021", "/haikus: 4 items, where n asks for at most 2"),
    "another mood": ("mood=order.mood", 'mood="sad"', "RESP029", "/mood: 'sad' where 'calm' was asked for"),
    "a crash after the payment": (
        '    lines = [f"', '    assert order.mood != "sad"\n    lines = [f"', "PAY001", "paid, and answered 500",
    ),
    "another network": ('"eip155:8453"', '"eip155:84532"', "CHAL007", "the 402 says eip155:84532, the listing base"),
    "a window that is too short": (
        '"maxTimeoutSeconds": 300', '"maxTimeoutSeconds": 1', "PAY016",
        "refused: invalid_exact_evm_payload_authorization_valid_before",
    ),
}  # fmt: skip
QUICK = ("another price", "an answer without a member", "nothing to pay", "a crash after the payment")


@pytest.fixture
def seller(pytester, root):
    """A copy of the example; its source."""
    shutil.copytree(root / "examples" / "seller", pytester.path, dirs_exist_ok=True)
    return pytester.path / "seller.py"


def test_the_seller_of_the_example_is_what_its_listing_says(seller, run):
    run().assert_outcomes(passed=6)


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in BUGS]
)
def test_a_bug_turns_the_tests_red_and_its_rule_is_named(seller, run, name):
    right, wrong, rule, message = BUGS[name]
    source = seller.read_text()
    assert source.count(right) == 1
    seller.write_text(source.replace(right, wrong))
    result = run()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert re.search(rf"[✗!] {rule} \w+: .*{re.escape(message)}", result.stdout.str())


def test_without_test_code_the_application_itself_is_bought_from(seller, run):
    text = seller.read_text().replace('"FACILITATOR_URL"', '"TESTBUY_FACILITATOR"')
    seller.write_text(text)
    (seller.parent / "own.py").write_text("from seller import app\n")
    result = run("--testbuy-listings", "listing.json", "--testbuy-app", "own:app", "--testbuy-port", 0, "listing.json")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(["3 settled (sandbox money, at the seller's own endpoint)"])
