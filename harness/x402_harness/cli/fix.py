"""``testbuy fix``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

import click

from x402_catalog.findings import Finding
from x402_catalog.reading import Limits
from x402_catalog.reading.files import files
from x402_catalog.repairs import MENDED
from x402_catalog.repairs.files import Fix, FixableFile, look_through
from x402_catalog.repairs.writing import Unwritable, check_writable, write
from x402_catalog.sources import Kind
from x402_harness.cli import helping, options
from x402_harness.cli.loading import fail, print_json, require
from x402_harness.reporting.escape import printable
from x402_harness.runs.outcome import Exit


def _codes(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> frozenset[str]:
    """Rule codes, each one that has a repair; commas separate as well."""
    codes = [code.strip().upper() for text in value for code in text.split(",") if code.strip()]
    for code in codes:
        if code not in MENDED:
            close = get_close_matches(code, MENDED, n=3)
            hint = f" Did you mean {', '.join(close)}?" if close else f" There are: {', '.join(sorted(MENDED))}."
            raise click.BadParameter(f"no repair is tied to {code!r}.{hint}", ctx, param)
    return frozenset(codes)


@helping.command(
    "fix",
    examples=(
        "testbuy fix listings/",
        "testbuy fix listings/ --select PRICE001 --write",
        "testbuy fix thing.json --patch",
    ),
)
@click.argument("sources", nargs=-1, required=True, metavar="FILE...")
@click.option("--diff", "mode_diff", is_flag=True, help="Print a unified diff; the default.")
@click.option("--write", "mode_write", is_flag=True, help="Change the files in place, each at once or not at all.")
@click.option("--patch", "mode_patch", is_flag=True, help="Print JSON Patches (RFC 6902), a line for each document.")
@click.option("--select", callback=_codes, multiple=True, metavar="CODE", help="Only repairs by this rule; repeatable.")
@click.option("--ignore", callback=_codes, multiple=True, metavar="CODE", help="No repairs by this rule; repeatable.")
@options.output_format
@options.max_record_size
def command(sources: tuple[str, ...], select: frozenset[str], ignore: frozenset[str], **values: Any) -> None:
    """Mend in FILE... what the rules leave no doubt about: copies that differ from what they are copies of, computed
    values, spellings and JSON types that can mean one thing. Nothing else in the text is touched.

    Exits with 0 where nothing is to be mended or it was written, with 1 where repairs are shown and not written.
    """
    mode = _mode(values)
    for source in sources:
        require(source)
    limits = Limits(max_record_bytes=values["max_record_size"])
    found = list(_looked_through(sources, (select or MENDED) - ignore, limits))
    if mode == "write":
        _write([one for one in found if one.fixes])
    if values["format_"] == "json":
        print_json(_document(found, mode))
    else:
        _print(found, mode)
    raise SystemExit(int(_exit_code(found, mode)))


def _mode(values: dict[str, Any]) -> str:
    chosen = [name for name in ("diff", "write", "patch") if values[f"mode_{name}"]]
    if len(chosen) > 1:
        raise click.UsageError(f"--{chosen[0]} and --{chosen[1]} exclude each other.")
    if chosen == ["patch"] and values["format_"] == "json":
        raise click.UsageError("--patch has a format of its own: leave --format out.")
    return chosen[0] if chosen else "diff"


def _looked_through(sources: tuple[str, ...], wanted: frozenset[str], limits: Limits) -> Iterator[FixableFile]:
    seen: set[str] = set()
    for file in files(sources):
        if isinstance(file, Finding):
            _say(f"{file.location.file}: not read: {file.message}")
        elif file.path not in seen:
            seen.add(file.path)
            found = look_through(file, wanted, limits)
            _tell(found)
            if not found.fixes:
                found.data = b""  # of many files, only the text of those is kept that something is done to
            yield found


def _tell(found: FixableFile) -> None:
    """What is passed over, and why."""
    for finding in found.unread:
        _say(f"{finding.location}: not read: {finding.message} ({finding.rule})")
    for name, count in sorted(found.formats.items()):
        if name != Kind.X402ALL:
            _say(f"{found.file.name}: {count} in {name} format: only listings in listing format can be mended")


def _write(found: list[FixableFile]) -> None:
    """Write all files, or none if it is plain beforehand that one of them cannot be."""
    try:
        for one in found:
            check_writable(one.file)
    except (Unwritable, OSError) as error:
        fail(f"nothing was written: {printable(error, 1000)}", Exit.USAGE)
    for done, one in enumerate(found):
        try:
            write(one)
        except (Unwritable, OSError) as error:
            fail(f"{done} of {len(found)} files were written, then: {printable(error, 1000)}", Exit.FAULT)


def _print(found: list[FixableFile], mode: str) -> None:
    lines = [line for one in found for fix in one.fixes for line in _lines(fix)]
    for line in lines:
        click.echo(line, err=mode != "write")
    for one in found:
        if mode == "diff" and one.fixes:
            _print_diff(one.diff())
        elif mode == "patch":
            for patch in one.patches():
                click.echo(json.dumps(patch, ensure_ascii=False).encode())
    changed = sum(bool(one.fixes) for one in found)
    what = f"{len(lines)} repairs in {changed} of {len(found)} files"
    done = "written" if mode == "write" else "not written: use --write"
    _say(f"{what}, {done}" if lines else f"nothing that is certain to mend in {len(found)} files")


def _lines(fix: Fix) -> Iterator[str]:
    for repair in fix.repairs:
        place = printable(fix.listing.locate(repair.pointer))
        before, after = (
            printable(json.dumps(value, ensure_ascii=False), 80) for value in (repair.before, repair.after)
        )
        yield f"{repair.rule} {place}: {before} → {after}: {printable(repair.reason)}"


def _print_diff(diff: bytes) -> None:
    if not sys.stdout.isatty():
        click.echo(diff, nl=False)
        return
    # A terminal must not obey what a listing holds; a file or a pipe gets every byte.
    for line in diff.decode("utf-8", "replace").removesuffix("\n").split("\n"):
        click.echo(printable(line, len(line)))


def _say(text: str) -> None:
    click.echo(f"testbuy: {printable(text, 1000)}", err=True)


def _document(found: list[FixableFile], mode: str) -> dict[str, Any]:
    from x402_harness.reporting.document import document

    told = [
        {"location": fix.listing.locate(repair.pointer).to_dict(), **repair.to_dict()}
        for one in found
        for fix in one.fixes
        for repair in fix.repairs
    ]
    findings = [finding for one in found for finding in one.unread]
    counts = {
        "listings": sum(sum(one.formats.values()) for one in found),
        "errors": sum(finding.level == "error" for finding in findings),
        "warnings": sum(finding.level == "warning" for finding in findings),
        "files": len(found),
        "repairs": len(told),
        "written": mode == "write" and bool(told),
    }
    return document("fix", counts, findings, repairs=told)


def _exit_code(found: list[FixableFile], mode: str) -> Exit:
    if any(one.fixes for one in found):
        return Exit.CLEAN if mode == "write" else Exit.FINDINGS
    return Exit.CLEAN if any(one.formats[Kind.X402ALL] for one in found) else Exit.NOTHING
