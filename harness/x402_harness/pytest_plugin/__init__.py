"""The pytest plugin: items for each listing under ``--testbuy-listings``, and fixtures to buy from tests.

It is loaded into every pytest of an environment, so it imports nothing but pytest until something of it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from x402_harness.pytest_plugin import options
from x402_harness.pytest_plugin.market import SUFFIXES, market_of
from x402_harness.pytest_plugin.marking import HELP

if TYPE_CHECKING:
    from x402_catalog.models import Listing
    from x402_harness.planning.cases import Case
    from x402_harness.runs.sandboxes import Sandbox
    from x402_harness.shopping.shopper import Budget, Shopper


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--testbuy-*`` options and their ``testbuy_*`` ini twins."""
    options.add(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Hooks for checks of one's own."""
    from x402_harness.pytest_plugin import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    """Have pytest walk the listings too."""
    config.addinivalue_line("markers", HELP)
    options.check(config)
    roots = options.roots(config)
    for root in roots:
        if not root.exists():
            raise pytest.UsageError(f"--testbuy-listings: {root} does not exist")
    given = [Path(config.invocation_params.dir, arg.split("::", 1)[0]).resolve() for arg in config.args]
    for root in roots:
        if not any(root == path or path in root.parents or root in path.parents for path in given):
            config.args.append(str(root))
    if market_of(config).is_asked:
        market_of(config).check()  # what is wrong is told before anything is collected


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close what was opened."""
    market_of(config).close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the one ledger and the one sandbox are."""
    node.workerinput["testbuy"] = market_of(node.config).for_worker()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Open facilitator and RPC before a seller under test starts."""
    options.check(session.config)  # once more: other plugins have been configured since
    if not session.config.getoption("collectonly", False):
        market_of(session.config).start()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A file of listings, if it stands under one of the roots."""
    resolved = file_path.resolve()
    for root in options.roots(parent.config):
        if resolved == root or (root in resolved.parents and resolved.name.lower().endswith(SUFFIXES)):
            if market_of(parent.config).is_ours(resolved):
                return None
            from x402_harness.pytest_plugin.collecting import ListingFile

            return ListingFile.from_parent(parent, path=file_path)
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests of listings and cases once for each."""
    if metafunc.definition.get_closest_marker("testbuy") or {"testbuy_listing", "testbuy_case"} & set(
        metafunc.fixturenames
    ):
        from x402_harness.pytest_plugin.parametrizing import parametrize

        parametrize(metafunc)


def pytest_report_header(config: pytest.Config) -> str | None:
    """What is tested, and on what evidence."""
    from x402_harness.pytest_plugin.summary import header

    return header(config)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """What was bought, over all items and workers."""
    from x402_harness.pytest_plugin.summary import lines

    told = list(lines(terminalreporter, config))
    if told:
        terminalreporter.write_sep("-", "testbuy")
        for line in told:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def testbuy_catalogue(pytestconfig: pytest.Config) -> list[Listing]:
    """Every listing under ``--testbuy-listings``."""
    return market_of(pytestconfig).catalogue


@pytest.fixture
def testbuy_listing(request: pytest.FixtureRequest) -> Listing:
    """One listing; a test that asks for it runs once for each."""
    found: Listing = request.param
    return found


@pytest.fixture
def testbuy_case(request: pytest.FixtureRequest, testbuy_listing: Listing) -> Case:
    """One planned purchase; a test that asks for it runs once for each. Skips where a listing cannot be bought."""
    if request.param is None:
        from x402_harness.shopping.shopper import NotBuyable

        try:
            market_of(request.config).counter.cases(testbuy_listing)
        except NotBuyable as error:
            pytest.skip(f"not bought: {error}")
    found: Case = request.param
    return found


@pytest.fixture(scope="session")
def testbuy_sandbox(pytestconfig: pytest.Config) -> Sandbox:
    """Facilitator and chains on loopback, and a seller for each listing of the catalogue."""
    return market_of(pytestconfig).sandbox


@pytest.fixture(scope="session")
def testbuy_url(pytestconfig: pytest.Config) -> str | None:
    """Where the seller under test answers; ``--testbuy-url`` unless a project overrides this fixture."""
    return market_of(pytestconfig).settings.url


@pytest.fixture(scope="session")
def testbuy_app(pytestconfig: pytest.Config) -> Any:
    """The seller under test as an application; ``--testbuy-app`` unless a project overrides this fixture."""
    return market_of(pytestconfig).app


@pytest.fixture(scope="session")
def _testbuy_shopper(pytestconfig: pytest.Config, testbuy_url: str | None, testbuy_app: Any) -> Shopper:
    return market_of(pytestconfig).counter.shopper_at(testbuy_url, testbuy_app)


@pytest.fixture
def testbuy_buyer(request: pytest.FixtureRequest, _testbuy_shopper: Shopper) -> Iterator[Shopper]:
    """Buys cases and listings, as the mode has it: with sandbox money, at the seller under test or at sellers made from
    the listings; with test money or real money at the listings' own endpoints; or what was recorded, with none."""
    yield market_of(request.config).counter.shopper_of(_testbuy_shopper, request.node)


@pytest.fixture(scope="session")
def testbuy_budget(pytestconfig: pytest.Config) -> Budget:
    """What may be spent and what was, over all workers."""
    return market_of(pytestconfig).budget
