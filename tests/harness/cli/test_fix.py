"""``testbuy fix``: a diff, a patch or the files themselves; the old text or the new one, never something between."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest
from click.testing import CliRunner

from x402_catalog.reading.files import File
from x402_catalog.repairs.files import look_through
from x402_catalog.repairs.writing import Unwritable, write
from x402_harness.cli.app import app
from x402_harness.reporting.document import document_schema

SLUG = "api-venice-ai-api-v1-images-generations"


@pytest.fixture
def right(root):
    """The reference listing's text, with nothing to mend."""
    return (root / "listings" / f"{SLUG}.json").read_bytes()


@pytest.fixture
def broken(tmp_path, right):
    """A copy of the reference listing with a wrong price and a wrong ratio, readable by its group only."""
    path = tmp_path / "listing.json"
    path.write_bytes(right.replace(b'"price": "10"', b'"price": "1"').replace(b'"ratio": 500', b'"ratio": 5'))
    path.chmod(0o640)
    return path


def fix(*arguments: object):
    return CliRunner().invoke(app, ["fix", *map(str, arguments)], catch_exceptions=False)


def test_a_diff_is_shown_and_nothing_written(broken, right, tmp_path):
    before = broken.read_bytes()
    done = fix(broken)
    assert done.exit_code == 1
    assert broken.read_bytes() == before
    assert [line for line in done.stdout.split("\n") if line[:1] in "+-" and line[:3] not in ("+++", "---")][:-1] == [
        '-    "ratio": 5,', '+    "ratio": 500,', '-      "price": "1",', '+      "price": "10",',
    ]  # fmt: skip
    assert "PRICE002" in done.stderr
    assert "2 repairs in 1 of 1 files, not written" in done.stderr


def test_a_diff_is_what_patch_wants(broken, right):
    subprocess.run(
        ["git", "apply", "-p0", "--unsafe-paths", "--directory=/"], input=fix(broken).stdout_bytes, check=True
    )
    assert broken.read_bytes() == right


def test_written_files_are_right_and_keep_their_permissions_and_links(broken, right, tmp_path):
    link = tmp_path / "link.json"
    link.symlink_to(broken.name)
    done = fix("--write", link)
    assert (done.exit_code, broken.read_bytes()) == (0, right)
    assert "PRICE001" in done.stdout
    assert broken.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "listing.json"]
    assert fix(broken).exit_code == 0


def test_a_patch_is_one_line_for_each_document(broken, right, tmp_path):
    jsonpatch = pytest.importorskip("jsonpatch")
    broken.with_suffix(".jsonl").write_bytes(json.dumps(json.loads(broken.read_bytes())).encode() + b"\n{}\n")
    done = fix("--patch", broken, broken.with_suffix(".jsonl"))
    assert done.exit_code == 1
    for line in done.stdout.strip().split("\n"):
        assert jsonpatch.apply_patch(json.loads(broken.read_bytes()), json.loads(line)) == json.loads(right)


def test_repairs_are_chosen_by_their_rule(broken):
    assert '"ratio": 500' not in fix(broken, "--select", "price001").stdout
    assert '"ratio": 500' in fix(broken, "--select", "PRICE001,PRICE002").stdout
    assert '"ratio": 500' not in fix(broken, "--ignore", "PRICE002").stdout
    assert fix(broken, "--ignore", "PRICE001", "--ignore", "PRICE002").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--select", "PRICE04"], "no repair is tied to 'PRICE04'. Did you mean PRICE00"),
        (["--diff", "--write"], "--diff and --write exclude each other"),
        (["--patch", "--format", "json"], "--patch has a format of its own"),
        (["nowhere.json"], "'nowhere.json' does not exist"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(broken, arguments, said):
    done = fix(broken, *arguments)
    assert done.exit_code == 2
    assert said in done.stderr


def test_nothing_to_mend_and_nothing_that_matches_differ(root, tmp_path):
    assert fix(root / "listings" / f"{SLUG}.json").exit_code == 0
    terms = tmp_path / "terms.json"
    terms.write_text('{"x402Version": 1, "error": "pay", "accepts": []}')
    done = fix(terms)
    assert done.exit_code == 3
    assert "1 in challenge format: only listings in listing format can be mended" in done.stderr
    (tmp_path / "no.json").write_text('{"slug": ')
    done = fix(tmp_path / "no.json")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "CAT009" in done.stderr


def test_json_tells_each_repair_with_its_place(broken):
    done = fix("--format", "json", broken)
    told = json.loads(done.stdout)
    jsonschema_rs.validator_for(document_schema()).validate(told)
    assert (done.exit_code, told["summary"]["repairs"], told["summary"]["written"]) == (1, 2, False)
    (ratio,) = [repair for repair in told["repairs"] if repair["rule"] == "PRICE002"]
    assert (ratio["before"], ratio["after"], ratio["location"]["line"]) == (5, 500, 27)


def test_packed_files_and_standard_input_are_shown_but_not_written(broken, tmp_path):
    text = broken.read_bytes()
    packed = tmp_path / "listing.json.gz"
    packed.write_bytes(gzip.compress(text))
    assert '+    "ratio": 500,' in fix(packed).stdout
    for source, said in ((packed, "is packed"), ("-", "standard input cannot be written")):
        done = fed(text, "--write", broken, source)
        assert done.returncode == 2
        assert f"nothing was written: {packed if source == packed else ''}" in done.stderr.decode()
        assert said in done.stderr.decode()
        assert broken.read_bytes() == text
    assert b'+    "ratio": 500,' in fed(text, "-").stdout


def fed(text: bytes, *arguments: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "x402_harness", "fix", *map(str, arguments)]
    return subprocess.run(command, input=text, capture_output=True, check=False, timeout=60)


def test_a_file_that_was_changed_meanwhile_is_not_written(broken):
    found = look_through(File(str(broken), broken.name))
    broken.write_bytes(broken.read_bytes() + b"\n")
    with pytest.raises(Unwritable, match="was changed while it was being mended"):
        write(found)
    assert [path.name for path in broken.parent.iterdir()] == ["listing.json"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anything")
def test_a_protected_file_is_not_written(broken):
    broken.chmod(0o440)
    assert fix("--write", broken).exit_code == 2


KILLED = """
import os, signal, sys
from x402_harness.cli import main
# The audit hook sees the rename before it happens: the new text is written and synced by then.
sys.addaudithook(lambda event, args: os.kill(os.getpid(), signal.SIGKILL) if event == "os.rename" else None)
sys.argv = ["testbuy", "fix", "--write", sys.argv[1]]
main()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_kill_between_writing_and_renaming_leaves_the_old_file(broken, right):
    before = broken.read_bytes()
    done = subprocess.run([sys.executable, "-c", KILLED, str(broken)], capture_output=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert broken.read_bytes() == before
    (left,) = (path for path in broken.parent.iterdir() if path != broken)
    assert left.read_bytes() == right
    assert fix("--write", broken).exit_code == 0
    assert broken.read_bytes() == right


def test_what_a_listing_holds_cannot_reach_the_terminal_through_the_talk(broken):
    text = broken.read_bytes().replace(b'"sameAs": "', b'"sameAs": "\\u001b[2J\\u202e')
    Path(broken).write_bytes(text)
    assert not {"\x1b", "\u202e"} & set(fix(broken).stderr)
