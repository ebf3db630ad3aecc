"""``testbuy validate``: formats, choice of rules, baselines, forced formats, large and hostile sources."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from x402_catalog import __version__
from x402_harness.reporting.document import document_schema

FILING = "api-filingdesk-example-v1-company-report"
TWO_ERRORS = ("--select", "PRICE001")


@pytest.fixture
def folder(tmp_path: Path, listings: Path) -> Path:
    """A folder with a listing whose page names another price than its offer, and a file that is no JSON."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "listings").mkdir()
    (tmp_path / "listings" / "a.json").write_bytes((listings / f"{FILING}.json").read_bytes())
    (tmp_path / "listings" / "b.json").write_text('{\n\t"slug": "価格",\n\t"price": nope\n}\n', encoding="utf-8")
    return tmp_path


def validated(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert "Traceback" not in done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    jsonschema_rs.validator_for(document_schema()).validate(told)
    return told


@pytest.mark.parametrize("format_", ["text", "jsonl", "github", "sarif"])
def test_a_format_looks_as_its_snapshot_shows(format_, folder, testbuy, matches_snapshot):
    done = testbuy("validate", "listings", "--select", "PRICE001,CAT003", "--format", format_, cwd=folder)
    assert done.returncode == 1
    assert done.stderr == ""
    matches_snapshot(f"validate-{format_}", done.stdout.replace(__version__, "VERSION"))


def test_the_same_goes_into_a_file(folder, testbuy):
    for format_ in ("text", "json", "jsonl", "github", "sarif"):
        arguments = ("validate", "listings", *TWO_ERRORS, "--format", format_)
        printed = testbuy(*arguments, cwd=folder)
        written = testbuy(*arguments, "--output", "listings/out.json", cwd=folder)
        assert (written.returncode, written.stdout) == (1, "")
        assert (folder / "listings" / "out.json").read_text(encoding="utf-8") == printed.stdout
        (folder / "listings" / "out.json").unlink()
    assert {path.name for path in (folder / "listings").iterdir()} == {"a.json", "b.json"}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--select", "PRICE99"), 2, "Did you mean PRICE"),
        (("--ignore", "CAT,PRIZE"), 2, "Did you mean PRICE"),
        (("--select", "PAY,RESP"), 3, "none of the selected rules is judged by validate"),
        (("--source", "swagger"), 2, "openapi"),
        (("--baseline", "gone.json"), 2, "No such file"),
        (("--baseline", "listings/a.json"), 2, "not a baseline"),
        (("--write-baseline", "listings/a.json"), 2, "not a baseline"),
        (("--output", "gone/out.txt"), 2, "cannot be written"),
        (("--price", "cheap"), 2, "is no comparison"),
    ],
)
def test_wrong_use_is_said_to_be_wrong(arguments, code, message, folder, testbuy):
    done = testbuy("validate", "listings", *arguments, cwd=folder)
    assert done.returncode == code
    assert message in done.stderr
    assert done.stdout == ""


def test_a_device_is_written_to_and_not_replaced(folder, testbuy):
    done = testbuy("validate", "listings", *TWO_ERRORS, "--output", "/dev/stdout", cwd=folder)
    assert done.stdout.endswith("1 listing: 2 errors, 0 warnings, 0 infos\n")
    (folder / "link.txt").symlink_to("real.txt")
    testbuy("validate", "listings", *TWO_ERRORS, "--output", "link.txt", cwd=folder)
    assert (folder / "link.txt").is_symlink()
    assert (folder / "real.txt").read_text() == done.stdout


def test_a_source_is_never_written_over(folder, testbuy):
    before = (folder / "listings" / "a.json").read_bytes()
    done = testbuy("validate", "listings/a.json", "--output", "listings/../listings/a.json", cwd=folder)
    assert done.returncode == 2
    assert "would overwrite a source" in done.stderr
    assert (folder / "listings" / "a.json").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "rules"),
    [
        (("--select", "PRICE,CAT003"), {"PRICE001": 2, "CAT003": 1}),
        (("--select", "PRICE", "--select", "CAT003", "--ignore", "PRICE"), {"CAT003": 1}),
        (("--select", "HINT"), {}),
    ],
)
def test_rules_are_chosen(arguments, rules, folder, testbuy):
    done = testbuy("validate", "listings", *arguments, "--format", "json", cwd=folder)
    assert validated(done)["summary"]["rules"] == rules
    assert done.returncode == bool(rules)


def test_accepted_findings_are_suppressed_until_they_are_no_longer_found(folder, testbuy):
    written = testbuy("validate", "listings", *TWO_ERRORS, "--write-baseline", "base.json", cwd=folder)
    assert written.returncode == 0
    assert written.stderr == "testbuy: 2 entries written to base.json; give each its reason\n"
    done = testbuy("validate", "listings", *TWO_ERRORS, "--baseline", "base.json", "--format", "json", cwd=folder)
    told = validated(done)
    assert (done.returncode, done.stderr, told["findings"]) == (0, "", [])
    assert told["summary"] == {"listings": 1, "errors": 0, "warnings": 0, "infos": 0, "suppressed": 2, "rules": {}}
    assert [found["suppressed"] for found in told["suppressed"]] == [{"reason": "", "expires": None}] * 2
    (folder / "listings" / "a.json").unlink()
    gone = testbuy("validate", "listings", *TWO_ERRORS, "--baseline", "base.json", "--format", "json", cwd=folder)
    assert [entry["found"] for entry in validated(gone)["baseline"]["stale"]] == [0, 0]
    assert gone.stderr.count("baseline entry is stale (0 of 1 found): PRICE001") == 2
    elsewhere = testbuy("validate", "listings", "--select", "CAT", "--baseline", "base.json", cwd=folder)
    filtered = testbuy("validate", "listings", "--category", "x", "--baseline", "base.json", cwd=folder)
    assert "stale" not in elsewhere.stderr + filtered.stderr


def test_an_expired_entry_fails_again_even_when_written_anew(folder, testbuy):
    testbuy("validate", "listings", *TWO_ERRORS, "--write-baseline", "base.json", cwd=folder)
    told = json.loads((folder / "base.json").read_text())
    told["entries"][0] |= {"reason": "soon mended", "expires": "2020-01-31"}
    (folder / "base.json").write_text(json.dumps(told))
    done = testbuy("validate", "listings", *TWO_ERRORS, "--baseline", "base.json", cwd=folder)
    assert done.returncode == 1
    assert "expired on 2020-01-31: PRICE001" in done.stderr
    assert done.stdout.endswith("1 listing: 1 error, 0 warnings, 0 infos; 1 suppressed by the baseline\n")
    again = testbuy("validate", "listings", *TWO_ERRORS, "--write-baseline", "base.json", cwd=folder)
    assert again.returncode == 1
    assert json.loads((folder / "base.json").read_text())["entries"] == told["entries"]


def test_a_finding_is_known_wherever_its_listing_stands(folder, testbuy):
    testbuy("validate", "listings/a.json", *TWO_ERRORS, "--write-baseline", "base.json", cwd=folder)
    listing = (folder / "listings" / "a.json").read_text()
    (folder / "all.json").write_text(f'[{{"slug": "first"}},\n\n{listing}]')
    done = testbuy("validate", "all.json", *TWO_ERRORS, "--baseline", "base.json", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_format_of_a_source_can_be_forced(tmp_path, testbuy):
    offer = {"scheme": "exact", "network": "base", "payTo": "0x0", "maxAmountRequired": "ten"}
    (tmp_path / "terms.json").write_text(json.dumps({"slug": "looks-like-ours", "accepts": [offer]}))

    def places(*arguments: str) -> set[str]:
        done = testbuy("validate", "terms.json", "--select", "CAT020", "--format", "jsonl", *arguments, cwd=tmp_path)
        return {json.loads(line)["location"]["pointer"] for line in done.stdout.splitlines()}

    assert places() == set()
    assert places("--source", "bazaar") == {"/accepts/0/maxAmountRequired"}
    assert places("--source", "challenge") == {"/accepts/0/maxAmountRequired"}


def test_faults_of_a_text_are_told_once(tmp_path, testbuy, listings):
    good = (listings / f"{FILING}.json").read_text()
    (tmp_path / "page.json").write_text('{"total": 2, "total": 1, "meta": {}, "items": [' + good + "]}")
    paid = {"x-payment-info": {}}
    api = json.dumps({"openapi": "3.1.0", "paths": {"/a": {"get": paid, "post": paid}}})
    (tmp_path / "api.json").write_text('{"info": 1, ' + api[1:].replace('"openapi"', '"info": 2, "openapi"'))
    (tmp_path / "single.json").write_text('{"slug": "a", "slug": "one", "accepts": []}')
    for name, subject in (("page", None), ("api", "a-get"), ("single", "one")):
        done = testbuy("validate", f"{name}.json", "--select", "CAT007", "--format", "jsonl", cwd=tmp_path)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        assert [one["location"].get("listing") for one in found] == [subject], name


def test_filters_that_need_every_listing_have_every_listing(testbuy, listings):
    def slugs(*arguments: object) -> list[str]:
        done = testbuy("validate", listings, "--select", "PRICE", "--format", "jsonl", *arguments)
        return [json.loads(line)["location"]["listing"] for line in done.stdout.splitlines()]

    assert slugs("--sort", "-price")[0] in {"api-namescout-example-whois", "api-venice-ai-api-v1-images-generations"}
    assert set(slugs("--category", "media")) == {"api-venice-ai-api-v1-images-generations"}
    summary = json.loads(testbuy("validate", listings, "--limit", "3", "--format", "json").stdout)["summary"]
    assert summary["listings"] == 3
    assert (
        json.loads(testbuy("validate", listings, "--sample", "4", "--format", "json").stdout)["summary"]["listings"]
        == 4
    )


HOSTILE = '\u202e::error::x\x1b[2J\x07##[error]a\u2028b"</script>\r\n%0A,:=[a](b)'


@pytest.mark.parametrize("format_", ["text", "jsonl", "github", "sarif"])
def test_hostile_text_stays_text(format_, folder, testbuy, listings):
    value = json.loads((listings / f"{FILING}.json").read_text())
    value |= {"slug": HOSTILE, "title": HOSTILE}
    value["json_ld"]["offers"]["price"] = HOSTILE
    value["accepts"][0]["network"] = HOSTILE
    (folder / "listings" / "::error file=x::y.json").write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    done = testbuy("validate", "::error file=x::y.json", "--format", format_, cwd=folder / "listings")
    assert not set(done.stdout + done.stderr) & set("\x1b\x07\u202e\u2028\r")
    assert "##[" not in done.stdout or format_ in {"jsonl", "sarif"}
    commands = [line for line in done.stdout.splitlines() if line.lstrip().startswith("::")]
    assert all(re.match("::(error|warning|notice) title=", line) for line in commands)
    assert bool(commands) is (format_ == "github")


# What a process is told to have used at most may be its parent's; the kernel's own page is of this program alone.
RUN = """
import sys
from x402_harness.cli import main
try:
    main()
finally:
    print("peak", open("/proc/self/status").read().split("VmHWM:")[1].split()[0], file=sys.stderr)
"""


def peak(source: Path, format_: str, code: int = 1) -> int:
    """The most memory that a run held, in kilobytes."""
    command = [sys.executable, "-c", RUN, "validate", str(source), "--format", format_, "--select", "CAT020,CAT003"]
    done = subprocess.run(
        [*command, "--output", str(source.with_suffix(".out"))], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == code, done.stderr
    return int(done.stderr.split("peak ")[1])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize(("format_", "count"), [("text", 20_000), ("jsonl", 5_000), ("github", 5_000)])
def test_memory_does_not_grow_with_the_source(format_, count, tmp_path):
    def many(count: int) -> Path:
        path = tmp_path / f"{count}.jsonl"
        with path.open("w") as file:
            for number in range(count):
                offer = {"max_amount_required_atomic": f"{number} dollars"}
                file.write(json.dumps({"slug": f"listing-{number}", "accepts": [offer], "text": "x" * 500}) + "\n")
                if number % 10 == 0:
                    file.write('{"slug": nope}\n')
        return path

    few, all_ = peak(many(100), format_), peak(many(count), format_)
    assert all_ < few + 12 * 1024
    told = (tmp_path / f"{count}.out").read_text()
    assert {
        "text": f"{count} × CAT020" in told and f"… and {count // 10 - 10} more of CAT003" in told,
        "jsonl": told.count("\n") == count + count // 10,
        "github": f"and {count - 5} more of CAT020" in told,
    }[format_]


def test_a_line_of_a_megabyte_is_shown_around_the_fault(tmp_path, testbuy):
    offers = [{"max_amount_required_atomic": "ten"}]
    text = json.dumps(
        {"slug": "long", "summary": "価" * 400_000, "accepts": offers, "more": "y" * 1000}, ensure_ascii=False
    )
    (tmp_path / "long.json").write_text(text, encoding="utf-8")
    done = testbuy("validate", "long.json", "--select", "CAT020", cwd=tmp_path)
    head, line, carets = done.stdout.splitlines()[:3]
    assert head.startswith(f"long.json:1:{text.index(chr(34) + 'ten') + 1}: error CAT020")
    assert len(line) < 200
    assert '"ten"' in line
    assert carets.strip("| ") == "^" * 5


def test_standard_input_has_findings_with_and_without_a_listing(root):
    command = [sys.executable, "-m", "x402_harness", "validate", "-", "--select", "CAT003,CAT020"]
    text = '{"slug": "a", "accepts": [{"max_amount_required_atomic": "1.5"}]}\n{"slug": nope}\n'
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, cwd=root)
    assert done.returncode == 1
    assert "-:1:58: error CAT020" in done.stdout
    assert '    1 | {"slug": "a"' in done.stdout
    assert "-:2:10: error CAT003" in done.stdout
    assert "    2 | " not in done.stdout  # it cannot be read again
