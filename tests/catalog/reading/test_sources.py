"""Sources: files, folders, packed files and standard input, and what cannot be read of them."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import textwrap
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from x402_catalog.findings import Finding
from x402_catalog.reading import read
from x402_catalog.records import Record

ZSTANDARD = sys.version_info >= (3, 14) or find_spec("zstandard") is not None
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")


def write(path: Path, data: bytes | str = b'{"a":1}') -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def found(*sources: str | Path) -> list[tuple[str | None, str]]:
    """File and what it gave, a rule or ``"record"``."""
    items = read(sources)
    return [(i.location.file, i.rule) if isinstance(i, Finding) else (i.file, "record") for i in items]


def run(code: str, *arguments: str, stdin: bytes = b"") -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments], input=stdin, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


PRINT = """
    from x402_catalog.reading import read
    from x402_catalog.findings import Finding
    def show(sources):
        for i in read(sources):
            print(*((i.rule, i.location.file, i.message) if isinstance(i, Finding) else ("record", i.file, i.value)))
"""


def test_a_folder_is_read_in_order_of_its_paths_and_only_its_json(tmp_path: Path) -> None:
    for name in ("b.json", "a/z.JSON", "a/y.jsonl", "a.ndjson", "c/d/e.json.gz", "note.txt", "x.json.bak", "gz"):
        write(tmp_path / name)
    names = [f"{tmp_path}/{name}" for name in ("a.ndjson", "a/y.jsonl", "a/z.JSON", "b.json", "c/d/e.json.gz")]
    assert found(tmp_path) == [(name, "record") for name in names]
    assert found(f"{tmp_path}/") == found(tmp_path)


def test_named_files_are_read_whatever_their_extension_and_called_as_they_were_named(tmp_path: Path) -> None:
    path = write(tmp_path / "note.txt")
    odd = os.path.relpath(path)
    assert found(odd, path, str(path)) == [(odd, "record"), (str(path), "record"), (str(path), "record")]


def test_an_empty_folder_gives_nothing_and_an_empty_file_a_finding(tmp_path: Path) -> None:
    assert found(tmp_path) == []
    write(tmp_path / "empty.json", b"")
    assert found(tmp_path) == [(f"{tmp_path}/empty.json", "CAT003")]


def test_missing_and_unnameable_files_are_findings_and_no_stop(tmp_path: Path) -> None:
    good = write(tmp_path / "good.json")
    items = list(read([tmp_path / "none.json", "nul\0byte", "x" * 5000, good]))
    assert [i.rule if isinstance(i, Finding) else "record" for i in items] == ["CAT001"] * 3 + ["record"]
    assert isinstance(items[0], Finding)
    assert items[0].message == "cannot be read: No such file or directory"
    assert items[0].observed == "ENOENT"


@posix
def test_links_in_circles_and_to_nowhere_are_findings(tmp_path: Path) -> None:
    write(tmp_path / "sub/good.json")
    (tmp_path / "sub/up").symlink_to(tmp_path)
    (tmp_path / "broken.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "self.json").symlink_to(tmp_path / "self.json")
    (tmp_path / "other").symlink_to(tmp_path / "nowhere")
    items = [i for i in read([tmp_path]) if isinstance(i, Finding)]
    assert [(Path(i.location.file or "").name, i.observed) for i in items] == [
        ("broken.json", "ENOENT"),
        ("self.json", "ELOOP"),
        ("up", "ELOOP"),
    ]
    assert "record" in [what for _, what in found(tmp_path)]


@posix
def test_a_folder_reached_twice_by_links_is_read_once(tmp_path: Path) -> None:
    write(tmp_path / "b/good.json")
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "c").symlink_to(tmp_path / "b")
    assert found(tmp_path) == [(f"{tmp_path}/a/good.json", "record")]


@posix
def test_devices_and_pipes_in_folders_are_findings(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "device.json").symlink_to("/dev/zero")
    assert [what for _, what in found(tmp_path, "/dev/zero")] == ["CAT001"] * 3


@posix
def test_names_that_are_not_utf8_are_shown_in_utf8(tmp_path: Path) -> None:
    try:
        write(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.json")))
    except OSError:
        pytest.skip("the file system takes no such name")
    assert found(tmp_path) == [(f"{tmp_path}/\N{REPLACEMENT CHARACTER}.json", "record")]


def test_a_file_that_vanishes_is_a_finding_and_no_stop(tmp_path: Path) -> None:
    for name in "abc":
        write(tmp_path / f"{name}.json")
    items = read([tmp_path])
    assert isinstance(next(items), Record)
    (tmp_path / "b.json").unlink()
    assert [i.rule if isinstance(i, Finding) else "record" for i in items] == ["CAT001", "record"]


@posix
def test_without_permission_files_and_folders_are_findings_and_no_stop(tmp_path: Path) -> None:
    write(tmp_path / "closed/x.json")
    write(tmp_path / "good.json")
    write(tmp_path / "secret.json").chmod(0)
    tmp_path.chmod(0o755)
    (tmp_path / "closed").chmod(0)
    code = (
        PRINT
        + """
    import os, sys
    list(read([]))
    os.chdir(sys.argv[1])
    if not os.getuid():  # permissions do not bind root
        os.setgroups([]); os.setgid(65534); os.setuid(65534)
    show(["."])
    """
    )
    try:
        out = run(code, str(tmp_path))
    finally:
        (tmp_path / "closed").chmod(0o755)
    assert out.splitlines() == [
        "CAT001 ./closed cannot be read: Permission denied",
        "record ./good.json {'a': 1}",
        "CAT001 ./secret.json cannot be read: Permission denied",
    ]


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input_is_read_packed_or_not(packed: bool) -> None:
    data = b'[{"a":1},{"a":2}]'
    out = run(PRINT + "    show(['-'])", stdin=gzip.compress(data) if packed else data)
    assert out.splitlines() == ["record - {'a': 1}", "record - {'a': 2}"]


def test_closed_standard_input_is_a_finding() -> None:
    out = run(PRINT + "    import sys; sys.stdin.close(); show(['-'])")
    assert out.startswith("CAT001 - cannot be read")


def test_a_gzip_file_cut_short_gives_its_records_and_a_finding(tmp_path: Path) -> None:
    lines = b"".join(b'{"n":"%d-%s"}\n' % (n, os.urandom(20).hex().encode()) for n in range(20_000))
    packed = gzip.compress(lines)
    path = write(tmp_path / "all.jsonl.gz", packed[: len(packed) // 2])
    results = [what for _, what in found(path)]
    assert results.count("record") > 1000
    assert results[-1] == "CAT009"


def test_a_damaged_gzip_file_is_a_finding(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b'{"a":1}'))
    packed[12:18] = b"\xff" * 6
    assert found(write(tmp_path / "a.json.gz", bytes(packed)))[-1][1] == "CAT001"


@pytest.mark.skipif(not ZSTANDARD, reason="needs Zstandard")
def test_a_damaged_zstandard_file_is_a_finding(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json.zst", b"\x28\xb5\x2f\xfd" + b"\xff" * 40)
    assert found(path)[-1][1] == "CAT001"


def test_zstandard_is_read_or_said_to_need_its_package(tmp_path: Path) -> None:
    # The frame holds '{"a":1}' uncompressed: magic, header (single segment, 7 bytes), one last raw block.
    path = write(tmp_path / "a.json.zst", b"\x28\xb5\x2f\xfd\x20\x07" + (7 << 3 | 1).to_bytes(3, "little") + b'{"a":1}')
    (item,) = read([path])
    if ZSTANDARD:
        assert isinstance(item, Record)
        assert item.value == {"a": 1}
    else:
        assert isinstance(item, Finding)
        assert item.rule == "CAT001"
        assert "pip install zstandard" in item.help


@pytest.mark.parametrize(
    ("text", "shown", "pointer"),
    [("[[1]]", [1], "/0"), ("7", 7, ""), ('[{"a":1},"x"]', "x", "/1"), ("[null]", None, "/0")],
)
def test_a_record_that_is_no_object_is_a_finding_that_shows_it(
    tmp_path: Path, text: str, shown: Any, pointer: str
) -> None:
    finding = list(read([write(tmp_path / "a.json", text)]))[-1]
    assert isinstance(finding, Finding)
    assert (finding.rule, finding.observed, finding.location.pointer) == ("CAT010", shown, pointer)
