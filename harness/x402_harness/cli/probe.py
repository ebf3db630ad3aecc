"""``testbuy probe``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from x402_catalog.models import Listing
from x402_catalog.search import BadFilter, Filters
from x402_catalog.store import select
from x402_harness.cli import helping, options
from x402_harness.cli.loading import find, load, opened, print_json
from x402_harness.probing.outcome import Probed
from x402_harness.probing.targets import Target
from x402_harness.protocol.exchange import Exchange, Headers
from x402_harness.protocol.withholding import PAYMENT_HEADERS
from x402_harness.reporting.probe import ProbeProgress, ProbeReport
from x402_harness.runs.outcome import Exit, Summary


def _headers(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Headers:
    return tuple(_header(value) for value in values)


def _header(value: str) -> tuple[str, str]:
    name, colon, text = value.partition(":")
    if not colon or not name.strip():
        raise click.BadParameter(f"{value!r} is no header: write it like NAME:VALUE")
    if name.strip().lower() in PAYMENT_HEADERS:
        raise click.BadParameter(f"{name.strip()} carries a payment, and a probe never pays")
    return name.strip(), text.strip()


def _data(ctx: click.Context, param: click.Parameter, value: str | None) -> bytes | None:
    if value is None:
        return None
    try:
        raw = Path(value[1:]).read_bytes() if value.startswith("@") else value.encode()
        json.loads(raw)
    except OSError as error:
        raise click.BadParameter(f"{value[1:]} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"not JSON: {error}") from error
    return raw


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:
        fine = False
    if not fine:
        hint = f" Did you mean https://{value}?" if "://" not in value else ""
        raise click.UsageError(f"{value!r} is no absolute http(s) URL.{hint}")
    return value


@helping.command(
    "probe",
    examples=(
        "testbuy probe https://api.example.com/v1/thing",
        "testbuy probe http://localhost:8000/v1/thing --active --listing thing.json",
        "testbuy probe --from catalogue.db --category media --parallel 32",
    ),
)
@click.argument("urls", nargs=-1, metavar="URL...")
@click.option(
    "--method", metavar="METHOD",
    help="Method to try first; GET and POST are tried after it. Without a URL: only listings that declare it.",
)  # fmt: skip
@click.option("--data", callback=_data, metavar="JSON|@FILE", help="Body to send where a plain request gets no 402.")
@click.option(
    "--header", "headers", multiple=True, callback=_headers, metavar="NAME:VALUE",
    help="Header for the URLs that were typed; may be repeated. Never sent to hosts that a catalogue names.",
)  # fmt: skip
@click.option("--listing", metavar="FILE|SLUG", help="Compare with this listing; without a URL, probe its own.")
@click.option("--from", "source", metavar="SRC", help="Probe every listing in SRC, passively.")
@click.option("--response", metavar="FILE", help="Judge recorded answers instead; nothing is sent.")
@click.option(
    "--active",
    is_flag=True,
    help="Also send what must be refused, forged payments too, to typed URLs only.",
)
@click.option("--allow-private", is_flag=True, help="Let URLs from listings lead to private and local addresses.")
@click.option("--parallel", type=click.IntRange(1, 256), default=16, show_default=True, help="Hosts asked at once.")
@click.option(
    "--timeout", type=click.FloatRange(0.05, 600), default=20.0, show_default=True, metavar="SECONDS",
    help="Most that one request may take, from the host's name to the end of the answer.",
)  # fmt: skip
@click.option(
    "--slow", type=click.FloatRange(0.001, 600), default=5.0, show_default=True, metavar="SECONDS",
    help="A 402 that takes longer, twice, is a finding (CHAL094).",
)  # fmt: skip
@options.filters_but("method")
@options.seed
@options.from_search
@options.catalogue
@options.rule_choice
@options.fail_on
@options.output_format
@options.quiet
def command(urls: tuple[str, ...], **values: Any) -> None:
    """Ask each URL for its payment terms, judge them by every CHAL rule, and ask once more to see whether they last.

    A typed URL is asked plainly first, then with what is declared or given, then by the other of GET and POST. Listings
    are asked once as they declare, and not with a body where that might act on the world. Each host gets one request at
    a time. Redirects are reported and not followed; nothing is signed and nothing is paid.

    Exits with 5 if a typed URL, or every URL, cannot be reached.
    """
    rules = options.chosen_rules(values)
    report = ProbeReport()
    values["filters"] = _filters(urls, values)
    if values["response"]:
        if urls or values["source"] or values["active"] or values["filters"]:
            raise click.UsageError("--response sends nothing: give no URL, --from, --active or filter with it.")
        _replay(values, report)
    else:
        _probe(_targets(urls, values, report), values, report)
    report.select(rules)
    code = _exit(report, values["fail_on"])
    if values["format_"] == "json":
        print_json(report.document(int(code)))
    else:
        from x402_harness.reporting.terminal import console

        report.print(console())
    raise SystemExit(int(code))


def _filters(urls: tuple[str, ...], values: dict[str, Any]) -> Filters | None:
    """What the listings are filtered by; ``None`` where no filter was given."""
    given = {**values, "method": () if urls else (values["method"],) if values["method"] else ()}
    chosen = options.chosen(given, values["seed"])
    return chosen if replace(chosen, seed=0) != Filters() else None


def _targets(urls: tuple[str, ...], values: dict[str, Any], report: ProbeReport) -> list[Target]:
    method, headers, data = values["method"], values["headers"], values["data"]
    if not urls and (headers or data is not None or values["active"]):
        raise click.UsageError("--data, --header and --active are for typed URLs: give one.")
    if not urls and not values["listing"] and not values["source"] and not values["from_search"]:
        raise click.UsageError("Nothing to probe: give a URL, --listing, --from, --from-search or --response.")
    found = find(values["listing"], values["catalogue"]) if values["listing"] else None
    named = found.listings if found else []
    report.unread += found.findings if found else []
    targets = []
    for url in map(_url, urls):
        listing = next((one for one in named if one.url == url), named[0] if len(named) == 1 else None)
        if named and listing is None:
            raise click.UsageError(f"none of the {len(named)} listings in {values['listing']} has the URL {url}.")
        targets.append(Target(url, True, method, headers, data, listing))
    listed = [] if urls else named
    if values["source"] and not values["from_search"]:
        loaded = load([values["source"]])
        report.unread += loaded.findings
        listed = [*listed, *loaded.listings]
    listed = _filtered(listed, values)
    if values["from_search"]:
        source = values["source"] or values["catalogue"]
        listed = [*listed, *_searched(source, values["from_search"], values["filters"] or Filters(), report)]
    return targets + [Target(listing.url, False, listing=listing) for listing in listed]


def _filtered(listed: list[Listing], values: dict[str, Any]) -> list[Listing]:
    if values["filters"] is None:
        return listed
    if not values["source"] and not values["listing"] and not values["from_search"]:
        raise click.UsageError("filters choose among listings: give --from, --listing or --from-search with them.")
    try:
        return select(listed, filters=values["filters"])
    except BadFilter as error:
        raise click.UsageError(str(error)) from error


def _searched(source: str, query: str, filters: Filters, report: ProbeReport) -> list[Listing]:
    with opened(source, report.unread) as catalogue:
        try:
            return [catalogue.get(key) for key in catalogue.select(query, filters)]
        except BadFilter as error:
            raise click.UsageError(str(error)) from error


def _probe(targets: list[Target], values: dict[str, Any], report: ProbeReport) -> None:
    import asyncio
    import secrets
    import time

    from x402_harness.checks.exchange import judge_exchange
    from x402_harness.edge.client import Limits
    from x402_harness.edge.direct import guarded_client
    from x402_harness.edge.guard import Guard
    from x402_harness.planning.forgeries import Forgery, forge
    from x402_harness.probing.asking import Asker
    from x402_harness.probing.prober import Prober, Settings

    typed = frozenset(urlsplit(target.url).hostname or "" for target in targets if target.typed)
    guard = Guard(typed, values["allow_private"])
    limits = Limits(body=1024 * 1024, timeout=values["timeout"], total=values["timeout"])
    settings = Settings(values["parallel"], values["slow"], active=values["active"])
    progress = ProbeProgress(sys.stderr, len(targets))

    def forged(exchange: Exchange) -> Iterator[Forgery]:
        return forge(exchange, now=int(time.time()), entropy=secrets.token_bytes)

    def tell(one: Probed) -> None:
        report.probed.append(one)
        if not values["quiet"]:
            progress(one)

    async def run() -> None:
        async with guarded_client(guard, limits) as client:
            asker = Asker(client.send, asyncio.sleep, time.time, patience=values["timeout"])
            await Prober(asker, judge_exchange, settings, forged).run(targets, tell)

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        report.interrupted = True


def _replay(values: dict[str, Any], report: ProbeReport) -> None:
    from x402_harness.checks.exchange import judge_exchange
    from x402_harness.checks.recorded import NotRecorded, load_exchanges
    from x402_harness.probing.replay import replayed

    found = find(values["listing"], values["catalogue"]) if values["listing"] else None
    if found and len(found.listings) != 1:
        raise click.UsageError(f"--response is compared with one listing; {values['listing']} has several or none.")
    try:
        exchanges = load_exchanges(Path(values["response"]).read_bytes())
    except OSError as error:
        raise click.UsageError(f"{values['response']} cannot be read: {error.strerror}") from error
    except NotRecorded as error:
        raise click.UsageError(f"{values['response']}: {error}") from error
    report.probed += replayed(exchanges, found.listings[0] if found else None, judge_exchange)


def _exit(report: ProbeReport, fail_on: str) -> Exit:
    summary = Summary(
        listings=len(report.probed),
        faults=report.faults + report.unreached,
        interrupted=report.interrupted,
        levels=report.levels,
    )
    return summary.exit_code(options.failing_level(fail_on))
