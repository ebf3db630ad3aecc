"""``testbuy run``."""

from __future__ import annotations

from typing import Any

import click

from x402_catalog.reading import Limits
from x402_catalog.search import BadFilter
from x402_harness.cli import options
from x402_harness.cli.loading import fail, print_json, require
from x402_harness.runs.outcome import Exit


@click.command("run", short_help="The main job: read, validate, plan, buy (mock), check, report.")
@click.argument("sources", nargs=-1, required=True, metavar="SRC...")
@options.filters
@click.option("--query", default="", help="Only listings that match these words.")
@click.option("--rows", type=options.Rows(), default="4", show_default=True, help="Most purchases per listing, or all.")
@options.dollars("--per-call-max", default="100", help="Cap for one purchase.")
@options.dollars("--budget", default="10000", help="Cap for the run.")
@options.seed
@options.fail_on
@options.output_format
@options.max_record_size
@options.confirm
@options.recording
@click.option("--reports", default="reports", show_default=True, metavar="DIR", help="Where the run's folder is made.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def command(sources: tuple[str, ...], **values: Any) -> None:
    """Read the listings in SRC..., judge each by every rule, buy each buyable one from a mock seller made from it,
    check the answers, and write the truth sheet and reports.

    Purchases are simulated: keys are thrown away, money is sandbox money, no real host is contacted.
    """
    from x402_harness.policy import Caps
    from x402_harness.reporting.session import run_and_report
    from x402_harness.runs.cassettes.keeping import Keeping
    from x402_harness.runs.runner import RunConfig

    for source in sources:
        require(source)
    filters = options.chosen(values, values["seed"])
    config = RunConfig(
        sources=sources,
        seed=values["seed"],
        rows=values["rows"],
        caps=Caps(values["per_call_max"], values["budget"]),
        confirm=values["confirm"],
        query=values["query"],
        filters=filters,
        limits=Limits(max_record_bytes=values["max_record_size"]),
    )
    try:
        done = run_and_report(
            config, values["reports"], quiet=values["quiet"],
            keeping=Keeping(values["record"]), cassettes=values["cassettes"],
        )  # fmt: skip
    except BadFilter as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        fail(f"the report folder cannot be written: {error}", Exit.USAGE)
    code = done.exit_code(options.failing_level(values["fail_on"]))
    done.write_reports(code)
    if values["format_"] == "json":
        print_json(done.document(code))
    else:
        done.print(code)
    raise SystemExit(int(code))
