"""``testbuy diff``."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from x402_catalog.store import Catalogue, Snapshot, is_catalogue
from x402_catalog.store.changes import Change, Kind, changes
from x402_harness.cli import helping
from x402_harness.cli.completing import default_catalogue
from x402_harness.cli.loading import fail, opened, print_json
from x402_harness.cli.tabular import picked, print_rows, tabular
from x402_harness.reporting.tables import Column, to_dict
from x402_harness.runs.outcome import Exit

_SHOWN = 60  # characters of a value in a table


def _brief(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, dict) and "amount" in value:
        return f"{value['price'] or '?'} ({value['amount']}) on {value['network']}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


_COLUMNS: tuple[Column[Change], ...] = (
    Column("change", lambda change: str(change.kind)),
    Column("slug", lambda change: change.slug),
    Column("before", lambda change: change.before, shown=lambda value: _brief(value) or ""),
    Column("after", lambda change: change.after, shown=lambda value: _brief(value) or ""),
    Column("pointer", lambda change: change.where),
)
COLUMNS = {column.name: column for column in _COLUMNS}


@helping.command(
    "diff",
    examples=(
        "testbuy diff catalogue.db",
        "testbuy diff catalogue.db --from 1 --to 3",
        "testbuy diff old.jsonl new.jsonl --kind price --kind payee",
    ),
)
@click.argument("sources", nargs=-1, metavar="[OLD NEW | DB]")
@click.option("--from", "from_", type=click.IntRange(1), metavar="N", help="The earlier snapshot; the last but one.")
@click.option("--to", type=click.IntRange(1), metavar="N", help="The later snapshot; the last one.")
@click.option("--list", "listed", is_flag=True, help="Tell which snapshots there are.")
@click.option("--kind", "kinds", type=click.Choice([str(kind) for kind in Kind]), multiple=True,
              help="Only changes of that kind; may be repeated.")  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="Also changes of what is neither price, payee nor schema.")
@tabular
def command(sources: tuple[str, ...], listed: bool, **values: Any) -> None:
    """What happened between OLD and NEW (files or folders of listings, or catalogue files), or between two snapshots of
    one catalogue file: listings that appeared or vanished, and prices, payees and schemas that changed.

    Offers are compared that are paid in the same scheme, network and asset.
    """
    if len(sources) > 2:
        raise click.UsageError("Two catalogues are compared, or two snapshots of one.")
    if listed:
        _list(sources[0] if sources else default_catalogue(), values["format_"], values["output"])
        raise SystemExit(0)
    columns = picked(COLUMNS, values["columns"], list(COLUMNS))
    wanted = set(values["kinds"]) or {str(kind) for kind in Kind if kind is not Kind.OTHER or values["everything"]}
    with _both(sources, values) as (old, new):
        found = [change for change in changes(old, new) if str(change.kind) in wanted]
        sizes = (len(old), len(new))
    counts = Counter(str(change.kind) for change in found)
    if values["format_"] == "json":
        _print_document(found, sizes, counts)
    else:
        print_rows(columns, found, values["format_"], values["output"])
        told = " · ".join(f"{count} {kind}" for kind, count in counts.most_common()) or "no changes"
        click.echo(f"{sizes[0]} listings before, {sizes[1]} after · {told}", err=True)
    raise SystemExit(0)


@contextmanager
def _both(sources: tuple[str, ...], values: dict[str, Any]) -> Iterator[tuple[Catalogue, Catalogue]]:
    if len(sources) == 2:
        if values["from_"] or values["to"]:
            raise click.UsageError("--from and --to choose snapshots of one catalogue file.")
        with opened(sources[0]) as old, opened(sources[1]) as new:
            yield old, new
        return
    source = sources[0] if sources else default_catalogue()
    if not is_catalogue(source):
        raise click.UsageError(f"{source} is no catalogue file and has no snapshots: name OLD and NEW.")
    with opened(source) as catalogue:
        known = [one.id for one in catalogue.snapshots()]
        to = values["to"] or (known[-1] if known else 0)
        earlier = [one for one in known if one < to]
        from_ = values["from_"] or (earlier[-1] if earlier else 0)
        for number in (from_, to):
            if number not in known:
                fail(f"{source} has {len(known)} snapshots, not the two that are asked for", Exit.NOTHING)
        yield catalogue.at(from_), catalogue.at(to)


def _print_document(found: list[Change], sizes: tuple[int, int], counts: Counter[str]) -> None:
    from x402_harness.reporting.document import document

    summary = {"listings": sizes[1], "errors": 0, "warnings": 0, "before": sizes[0], "changes": dict(counts)}
    print_json(document("diff", summary, [], changes=[change.to_dict() for change in found]))


SNAPSHOTS: tuple[Column[Snapshot], ...] = (
    Column("snapshot", lambda one: one.id, right=True),
    Column("taken", lambda one: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(one.at))),
    Column("listings", lambda one: one.listings, right=True),
    Column("findings", lambda one: one.findings, right=True),
    Column("sources", lambda one: ", ".join(one.sources)),
)


def _list(source: str, format_: str, output: str | None) -> None:
    with opened(source) as catalogue:
        known = catalogue.snapshots()
    if format_ == "json":
        from x402_harness.reporting.document import document

        counts = {"listings": known[-1].listings if known else 0, "errors": 0, "warnings": 0}
        print_json(document("diff", counts, [], snapshots=[to_dict(SNAPSHOTS, one) for one in known]))
    else:
        print_rows(SNAPSHOTS, known, format_, output)
