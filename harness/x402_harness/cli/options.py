"""Options that several commands share, and what they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import click

from x402_catalog.findings import Level
from x402_catalog.money import micro_dollars
from x402_catalog.rules.levels import BadLevel, Levels, levels
from x402_catalog.rules.selection import Selection, UnknownRule, selection
from x402_catalog.search import SORTS, Filters
from x402_catalog.sources import Kind
from x402_harness.cli import telling
from x402_harness.cli.completing import default_catalogue
from x402_harness.cli.completing import values as completed
from x402_harness.reporting.formats import FORMATS as REPORT_FORMATS
from x402_harness.runs.cassettes.keeping import Keeping

F = TypeVar("F", bound=Callable[..., Any])

output_format = telling.output_format


def filters(function: F) -> F:
    """The filter vocabulary; see :func:`chosen`."""
    return filters_but()(function)


def filters_but(*names: str) -> Callable[[F], F]:
    """The filter vocabulary without the options that a command defines itself."""

    def add(function: F) -> F:
        for name, option in reversed(_filter_options().items()):
            function = function if name in names else option(function)
        return function

    return add


def _filter_options() -> dict[str, Callable[[F], F]]:
    options: tuple[Callable[[F], F], ...] = (
        click.option(
            "-c", "--category", multiple=True, help="Category, globs allowed; may be repeated.",
            shell_complete=completed("category"),
        ),
        click.option("-N", "--network", multiple=True, help="v1 name or CAIP-2 id; may be repeated."),
        click.option(
            "--host", multiple=True, metavar="GLOB", help="Host, globs allowed; may be repeated.",
            shell_complete=completed("host"),
        ),
        click.option("--price", metavar='"<=0.05"', help="Price in dollars, with <, <=, =, >= or >."),
        click.option("--asset", multiple=True, help="Symbol or contract address; may be repeated."),
        click.option("--method", multiple=True, help="HTTP method; may be repeated."),
        click.option("--flag", multiple=True, help="Declared price flag, globs allowed; may be repeated."),
        click.option("--tier", multiple=True, help="Trust tier, globs allowed; may be repeated."),
        click.option("--sample", type=click.IntRange(1), help="Take so many at random, by the seed."),
        click.option("--limit", type=click.IntRange(1), help="Take at most so many."),
        click.option("--sort", type=click.Choice(SORTS), default="relevance", show_default=True),
    )  # fmt: skip
    return dict(zip(_FILTERS, options, strict=True))


_FILTERS = ("category", "network", "host", "price", "asset", "method", "flag", "tier", "sample", "limit", "sort")


def chosen(values: dict[str, Any], seed: int = 0) -> Filters:
    """The filters among a command's arguments, which are taken out of ``values``."""
    return Filters(seed=seed, **{name: values.pop(name) for name in _FILTERS})


def catalogue(function: F) -> F:
    """Where slugs are looked up."""
    return catalogue_named("--catalogue")(function)


def catalogue_named(*names: str) -> Callable[[F], F]:
    """The same option by other names."""
    return click.option(
        *names, "catalogue", callback=lambda ctx, param, value: value or default_catalogue(), metavar="SRC|DB",
        is_eager=True,
        help="Where slugs are looked up: a file or folder of listings, or a catalogue file that testbuy import made. "
        "[default: catalogue.db if there is one here, else listings]",
    )  # fmt: skip


def slugs(*, required: bool = True, metavar: str = "SLUG...") -> Callable[[F], F]:
    """The argument ``slugs``, completed from the catalogue."""
    return click.argument("slugs", nargs=-1, required=required, metavar=metavar, shell_complete=completed("slug"))


def target(function: F) -> F:
    """The argument ``target``: a slug, completed from the catalogue, or a file."""
    return click.argument("target", metavar="SLUG|FILE", shell_complete=completed("slug"))(function)


def snapshot(function: F) -> F:
    """``--snapshot``: an earlier state of a catalogue file; see :func:`~x402_harness.cli.loading.looking_at`."""
    return click.option(
        "--snapshot", type=click.IntRange(1), metavar="N",
        help="Look at an earlier snapshot of a catalogue file; testbuy diff --list tells which there are.",
    )(function)  # fmt: skip


def sources(function: F) -> F:
    """The argument ``sources``, ``--from-search`` and ``--catalogue``; see :func:`chosen_sources`."""
    options = (
        click.argument("sources", nargs=-1, metavar="[SRC...]"),
        from_search,
        catalogue,
    )
    for option in reversed(options):
        function = option(function)
    return function


def from_search(function: F) -> F:
    """``--from-search``."""
    return click.option(
        "--from-search", default="", metavar="QUERY",
        help="Only listings that testbuy search finds for these words.",
    )(function)  # fmt: skip


def chosen_sources(sources: tuple[str, ...], values: dict[str, Any]) -> tuple[tuple[str, ...], str]:
    """The sources and the query of a command. Where no source is named a query looks in the catalogue."""
    from x402_harness.cli.loading import require

    query, looked_up = values.pop("from_search"), values.pop("catalogue")
    if not sources and not query:
        raise click.UsageError("Missing argument 'SRC...': name sources, or give --from-search QUERY.")
    sources = sources or (looked_up,)
    for source in sources:
        require(source)
    return sources, query


def fail_on(function: F) -> F:
    """``--fail-on``: the mildest level of finding that makes the command fail; ``never`` for none."""
    return click.option(
        "--fail-on", type=click.Choice(["error", "warning", "info", "never"]), default="error", show_default=True,
        help="The mildest level of finding that fails the command.",
    )(function)  # fmt: skip


def failing_level(name: str) -> Level | None:
    """The level that ``--fail-on`` names."""
    return None if name == "never" else Level(name)


class Rows(click.ParamType[int | None]):
    """A number of rows, or ``all``."""

    name = "N|all"
    schema: ClassVar = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 100_000}, {"enum": ["all"]}]}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """The number; ``None`` for all."""
        if value is None or isinstance(value, int):
            return value
        if value == "all":
            return None
        if not value.isascii() or not value.isdigit() or not 1 <= int(value[:9]) <= 100_000 or len(value) > 6:
            self.fail(f"{value!r} is neither a number from 1 to 100000 nor all", param, ctx)
        return int(value)


def seed(function: F) -> F:
    """``--seed``."""
    return click.option("--seed", type=int, default=402, show_default=True, help="Equal seeds give equal plans.")(
        function
    )


SIZES = {"k": 1024, "m": 1024**2, "g": 1024**3}


class Size(click.ParamType[int]):
    """A size in bytes: digits, with ``k``, ``M`` or ``G`` behind them for powers of 1024."""

    name = "SIZE"
    schema: ClassVar = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of bytes."""
        text = str(value).strip().lower().removesuffix("ib").removesuffix("b")
        unit = SIZES.get(text[-1:], 1)
        digits = text[:-1] if unit > 1 else text
        if not digits.isascii() or not digits.isdigit() or int(digits) == 0:
            self.fail(f"{value!r} is no size: write it like 500000, 64k or 16M", param, ctx)
        return int(digits) * unit


class Dollars(click.ParamType[int]):
    """An amount of dollars with at most six decimals, as millionths."""

    name = "DOLLARS"
    schema: ClassVar = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}]}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Millionths of a dollar."""
        micros = micro_dollars(str(value))
        if micros is None:
            self.fail(f"{value!r} is no amount of dollars: write it like 0.05", param, ctx)
        return micros


def dollars(name: str, *, help: str, default: str | None = None, required: bool = False) -> Callable[[F], F]:
    """An option for an amount of dollars, in millionths; ``None`` where it is neither given nor has a default."""
    shown: dict[str, Any] = {} if default is None else {"default": default, "show_default": True}
    return click.option(name, type=Dollars(), required=required, metavar="DOLLARS", help=help, **shown)


def max_record_size(function: F) -> F:
    """``--max-record-size``."""
    return click.option(
        "--max-record-size", type=Size(), default="16M", show_default=True, metavar="SIZE",
        help="Larger records are a finding (CAT006) and are not held in memory.",
    )(function)  # fmt: skip


def rule_choice(function: F) -> F:
    """``--select`` and ``--ignore``; see :func:`chosen_rules`."""
    options = (
        click.option(
            "--select", multiple=True, metavar="CODE,...",
            help="Only these rules: codes, or beginnings such as PRICE or CAT02; may be repeated.",
        ),
        click.option(
            "--ignore", multiple=True, metavar="CODE,...",
            help="Not these rules; may be repeated. The longer of two names that fit counts.",
        ),
    )  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def chosen_rules(values: dict[str, Any]) -> Selection:
    """The rules that ``--select`` and ``--ignore`` choose, which are taken out of ``values``."""
    select, ignore = values.pop("select"), values.pop("ignore")
    if not select and not ignore:
        return Selection()
    from x402_harness.rulebook import every_rule

    try:
        return selection(select, ignore, (rule.code for rule in every_rule()))
    except UnknownRule as error:
        raise click.UsageError(str(error)) from error


def rule_levels(function: F) -> F:
    """``--level``; see :func:`chosen_levels`."""
    return click.option(
        "--level", "levels", multiple=True, metavar="CODE=LEVEL",
        help="How much a rule matters: error, warning or info; may be repeated.",
    )(function)  # fmt: skip


def chosen_levels(values: dict[str, Any]) -> Levels:
    """The levels of rules among a command's arguments, which are taken out of ``values``."""
    settings = values.pop("levels")
    if not settings:
        return Levels()
    from x402_harness.rulebook import every_rule

    try:
        return levels(settings, (rule.code for rule in every_rule()))
    except BadLevel as error:
        raise click.UsageError(str(error)) from error


def source_kind(function: F) -> F:
    """``--source``: the format of the sources, where it is not to be told by their content."""
    return click.option(
        "--source", type=click.Choice([str(kind) for kind in Kind]), default=None,
        help="Format of the records in SRC; told by their content unless given.",
    )(function)  # fmt: skip


def baseline(function: F) -> F:
    """``--baseline`` and ``--write-baseline``."""
    options = (
        click.option(
            "--baseline", metavar="FILE",
            help="Findings that were accepted: they are counted, but neither shown nor failing.",
        ),
        click.option(
            "--write-baseline", metavar="FILE",
            help="Accept what is found now: write it to FILE, keeping the reasons and last days that stand there.",
        ),
    )  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def findings_format(function: F) -> F:
    """``--format`` and ``--output`` of commands whose result is findings."""
    options = (
        click.option(
            "--format", "format_", type=click.Choice(REPORT_FORMATS), default="text", show_default=True,
            envvar="TESTBUY_OUTPUT",
            help="text and html for people, json for one document, jsonl for a finding a line, csv for spreadsheets, "
            "sarif for code scanning, github for annotations.",
        ),
        click.option("-o", "--output", metavar="FILE", help="Write the result there instead of to stdout."),
    )  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def recording(function: F) -> F:
    """``--record`` and ``--cassettes``."""
    options = (
        click.option(
            "--record", type=click.Choice([str(one) for one in Keeping]), default=str(Keeping.ALL), show_default=True,
            help="What is kept to be judged again: all; new ones, while what was recorded is played instead of being "
            "bought again; once, so that nothing more is bought of a listing with recordings; none.",
        ),
        click.option("--cassettes", metavar="DIR", help="Where recordings are kept; in the run's folder unless given."),
    )  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


max_buys = click.option(
    "--max-buys", type=click.IntRange(1), metavar="N", help="Most purchases in all, over every listing."
)
confirm = click.option(
    "--confirm", type=click.IntRange(0, 100), default=0, show_default=True, metavar="N",
    help="Where purchases fail, at most N more per listing: one that passed, with what is suspected put into it.",
)  # fmt: skip
shrink = click.option(
    "--shrink", type=click.IntRange(0, 1000), default=0, show_default=True, metavar="N",
    help="Where purchases fail, at most N more per listing, with sandbox money, for the smallest request that does.",
)  # fmt: skip
paid_negative = click.option(
    "--allow-paid-negative", "invalid", type=click.IntRange(0, 1000), default=0, show_default=True, metavar="N",
    help="Also pay, with sandbox money, for at most N requests that break what is declared: what does a mistake cost?",
)  # fmt: skip
timeout = click.option(
    "--timeout", type=click.FloatRange(0.05, 600), default=60.0, show_default=True, metavar="SECONDS",
    help="Most that one request may take.",
)  # fmt: skip
quiet = click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
listing_of_url = click.option(
    "--listing", metavar="FILE|SLUG", help="The listing of the URL; its own 402 tells if absent."
)


def own_sandbox(function: F) -> F:
    """``--sandbox`` and ``--port``: the facilitator and the nodes that a seller of one's own uses."""
    function = click.option(
        "--port", type=click.IntRange(0, 65535), default=4402, show_default=True,
        help="Where facilitator and RPC are opened for the seller, without --sandbox.",
    )(function)  # fmt: skip
    return click.option(
        "--sandbox", metavar="URL", help="A running testbuy sandbox that the seller is configured with."
    )(function)
