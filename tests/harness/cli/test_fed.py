"""What the command is fed by the world: each fault is named where it stands, and the rest goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = "api-blockpulse-example-base-gas.json"


def with_value(good: bytes, text: str) -> bytes:
    return good.replace(b'"use_cases": [', b'"extra_member": ' + text.encode() + b',\n  "use_cases": [', 1)


FEEDS = {
    "integer beyond 64 bits": ("CAT008", lambda good: with_value(good, "123456789012345678901234567890")),
    "invalid UTF-8": ("CAT002", lambda good: good.replace(b"Blockpulse", b"Block\xffpulse", 1)),
    "deep nesting": ("CAT005", lambda good: with_value(good, "[" * 5000 + "]" * 5000)),
    "NaN": ("CAT004", lambda good: with_value(good, "NaN")),
    "duplicate key": ("CAT007", lambda good: good.replace(b'"slug":', b'"slug": "other",\n  "slug":', 1)),
    "truncated array": ("CAT009", lambda good: b"[" + good + b"," + good[:700]),
    "not a listing": ("CAT010", lambda good: b"[1, 2]"),
    "an empty file": ("CAT003", lambda good: b""),
    "an object that is no listing": ("CAT011", lambda good: b'{"name": "something else"}'),
}


@pytest.fixture
def folder(tmp_path: Path, listings: Path) -> Path:
    """A folder with one good listing."""
    made = tmp_path / "feed"
    made.mkdir()
    (made / f"z-{GOOD}").write_bytes((listings / GOOD).read_bytes())
    return made


def ran(done: subprocess.CompletedProcess[str]) -> dict:
    assert "Traceback" not in done.stderr + done.stdout
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", FEEDS)
def test_a_broken_file_is_named_and_the_good_one_beside_it_is_bought(name, testbuy, folder, listings, tmp_path):
    code, make = FEEDS[name]
    (folder / "a-broken.json").write_bytes(make((listings / GOOD).read_bytes()))
    told = ran(testbuy("run", folder, "--format", "json", "-q", "--reports", tmp_path / "out"))
    found = [finding for finding in told["findings"] if finding["rule"] == code]
    assert found, [finding["rule"] for finding in told["findings"]]
    assert found[0]["location"]["file"].endswith("a-broken.json")
    assert found[0]["location"].get("line", 1) >= 1
    assert any(listing["file"].endswith(f"z-{GOOD}") for listing in told["listings"])
    assert told["summary"]["purchases"]["settled"] == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is read as Linux tells it")
def test_a_line_of_two_hundred_megabytes_is_passed_over_in_bounded_memory(folder, listings, tmp_path):
    good = json.dumps(json.loads((listings / GOOD).read_text())).encode()
    with (folder / "a-huge.jsonl").open("wb") as file:
        file.write(b'{"slug": "')
        for _ in range(200):
            file.write(b"x" * 1024 * 1024)
        file.write(b'"}\n' + good + b"\n")
    code = (
        # The kernel hands a process the peak of the one that started it; that of its own memory is VmHWM.
        "import sys; from x402_harness.cli import main\n"
        "try:\n    main()\nfinally:\n    status = open('/proc/self/status').read()\n"
        "    print(status.split('VmHWM:')[1].split()[0], file=sys.stderr)"
    )
    arguments = ["validate", str(folder), "--format", "json"]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    told = ran(done)
    assert [finding["rule"] for finding in told["findings"]] == ["CAT006"]
    assert told["summary"]["listings"] == 2
    assert int(done.stderr.split()[-1]) < 200 * 1024  # kilobytes


def test_a_folder_without_permission_is_a_finding(folder, tmp_path):
    closed = folder / "a-closed"
    closed.mkdir()
    closed.chmod(0)
    try:
        done = as_nobody(["validate", str(folder), "--format", "json"], folder / f"z-{GOOD}", tmp_path)
    finally:
        closed.chmod(0o755)
    told = ran(done)
    assert [finding["rule"] for finding in told["findings"]] == ["CAT001"]
    assert "a-closed" in told["findings"][0]["location"]["file"]
    assert told["summary"]["listings"] == 1


def as_nobody(arguments: list[str], good: Path, where: Path) -> subprocess.CompletedProcess[str]:
    # Permissions bind everybody but root, so root steps down; by then all that is imported must be in memory, since
    # root's Python may be closed to others.
    for path in (where, *where.parents):
        if os.access(path, os.W_OK) and os.getuid() == 0 and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)
    code = (
        "import os\nfrom click.testing import CliRunner\nfrom x402_harness.cli.app import app\n"
        f"CliRunner().invoke(app, ['validate', {str(good)!r}, '--format', 'json'])\n"
        "if os.getuid() == 0:\n    os.setgid(65534); os.setuid(65534)\n"
        "app()"
    )
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)


def test_reports_that_cannot_be_written_are_an_error_of_use(testbuy, tmp_path, listings):
    (tmp_path / "file").write_text("")
    done = testbuy("run", listings / GOOD, "--reports", tmp_path / "file")
    assert done.returncode == 2
    assert "the report folder cannot be written" in done.stderr


def test_listing_text_cannot_drive_the_terminal(testbuy, folder, tmp_path):
    listing = json.loads((folder / f"z-{GOOD}").read_text())
    listing["title"] = "\x1b[2J\x1b]0;owned\x07 \u202egpj.exe"
    listing["slug"] = "evil\nslug\x1b[31m"
    (folder / f"z-{GOOD}").write_text(json.dumps(listing))
    for arguments in (("run", folder, "--reports", tmp_path / "out"), ("search", "--catalogue", folder)):
        done = testbuy(*arguments)
        assert not {"\x1b", "\x07", "\u202e"} & set(done.stdout + done.stderr)


def test_standard_input_is_a_source(root, listings):
    command = [sys.executable, "-m", "x402_harness", "validate", "-", "--format", "json"]
    done = subprocess.run(command, input=(listings / GOOD).read_bytes(), capture_output=True, check=False, cwd=root)
    assert json.loads(done.stdout)["summary"]["listings"] == 1
