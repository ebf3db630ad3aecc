"""Beside another plugin about x402, of which there may be any: nothing of ours has a name that another would choose."""

from __future__ import annotations

from tests.harness.plugin.conftest import ALONE, CONTRADICTORY

from x402_harness import pytest_plugin
from x402_harness.pytest_plugin import hookspecs

# All the names that a plugin about buying with x402 would choose first.
OTHER = """
import pytest


def pytest_addoption(parser):
    group = parser.getgroup("x402")
    for name in ("listings", "url", "mode", "sandbox", "budget", "wallet", "approve"):
        group.addoption(f"--x402-{name}", default=None)
        group.addoption(f"--{name}", default=None)
        parser.addini(f"x402_{name}", "", default="")
        parser.addini(name, "", default="")


def pytest_addhooks(pluginmanager):
    class Hooks:
        def pytest_x402_check(self, purchase): ...
        def pytest_bought(self, purchase): ...
    pluginmanager.add_hookspecs(Hooks)


def pytest_configure(config):
    config.addinivalue_line("markers", "x402(listing): of the other plugin")
    config.addinivalue_line("markers", "paid: of the other plugin")


def pytest_collect_file(file_path, parent):
    return Other.from_parent(parent, path=file_path) if file_path.suffix == ".json" else None


class Other(pytest.File):
    def collect(self):
        yield Item.from_parent(self, name="other")


class Item(pytest.Item):
    def runtest(self): ...


for name in ("catalogue", "listing", "case", "sandbox", "buyer", "shopper", "budget", "wallet", "x402", "market"):
    globals()[name] = pytest.fixture(scope="session", name=name)(lambda name=name: f"other {name}")
"""
OWN = """
import pytest


@pytest.mark.x402(listing="a")
@pytest.mark.testbuy(max_buys=1)
def test_both(buyer, sandbox, listing, testbuy_buyer, testbuy_case):
    assert (buyer, sandbox, listing) == ("other buyer", "other sandbox", "other listing")
    assert testbuy_buyer.buy(testbuy_case).settled
"""


def test_both_collect_and_both_find_their_own(pytester, run, shop):
    pytester.makepyfile(other_x402=OTHER, test_own=OWN)
    pytester.syspathinsert()
    arguments = ("-p", "other_x402", "--testbuy-listings", "shop", "--url", "theirs", "--x402-mode", "live")
    result = run(*arguments, "--strict-markers", "-v", ".")
    result.assert_outcomes(passed=6 + 3 + 2, failed=1, skipped=2)  # ours; a file each of theirs; both; the free one
    result.stdout.fnmatch_lines_random([f"*{CONTRADICTORY}*listing*FAILED*", "*::other PASSED*", "*test_both*PASSED*"])


def test_the_other_is_not_hindered_where_ours_is_not_asked_for(pytester, run, shop):
    pytester.makepyfile(other_x402=OTHER)
    pytester.syspathinsert()
    result = run("-p", "other_x402", "shop", "-q")
    result.assert_outcomes(passed=3)


def test_every_name_of_ours_says_whose_it_is(pytester):
    config = pytester.parseconfigure(*ALONE)
    ours = [
        option.names()[0] for group in config._parser._groups if group.name == "testbuy" for option in group.options
    ]
    assert len(ours) > 10
    assert [name for name in ours if not name.startswith("--testbuy-")] == []
    settings = [name for name in config._parser._inidict if "testbuy" in name or "x402" in name]
    assert len(settings) > 10
    assert [name for name in settings if not name.startswith("testbuy_")] == []
    marked = [line for line in config.getini("markers") if line.partition(":")[0].partition("(")[0] == "testbuy"]
    assert len(marked) == 1
    hooks = [name for name in vars(hookspecs) if name.startswith("pytest_")]
    assert hooks
    assert [name for name in hooks if not name.startswith("pytest_testbuy_")] == []


def test_every_fixture_of_ours_says_whose_it_is():
    fixtures = [
        name
        for name, made in vars(pytest_plugin).items()
        if type(made).__name__ == "FixtureFunctionDefinition" or hasattr(made, "_pytestfixturefunction")
    ]  # the one since pytest 8.4, the other before
    assert len(fixtures) > 5
    assert [name for name in fixtures if not name.lstrip("_").startswith("testbuy_")] == []
