"""Properties of mending, over falsified listings and whatever layout their text has."""

from __future__ import annotations

import copy
import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from x402_catalog.findings import Finding
from x402_catalog.reading import read
from x402_catalog.reading.files import File
from x402_catalog.reading.positions import span
from x402_catalog.records import Record
from x402_catalog.repairs.files import FixableFile, look_through
from x402_catalog.repairs.pointers import replaced, value_at
from x402_catalog.sources import listings
from x402_catalog.validation import validate

LISTINGS = [json.loads(path.read_bytes()) for path in sorted((Path(__file__).parents[3] / "listings").glob("*.json"))]
WORDS = [
    "", "0", "10", "1.50", "true", "False", "int", "String", "base ", "BASE", "solana:mainnet", "USD", "cheap", "é",
    "https://h.example/a/b", "https://axon402.com/test-buy?resource=x", "0x" + "Ab" * 20,
]  # fmt: skip
LAYOUTS: list[dict[str, Any]] = [
    {}, {"indent": 2}, {"indent": "\t"}, {"indent": 2, "ensure_ascii": False}, {"separators": (",", ":")},
    {"separators": (" , ", " : "), "ensure_ascii": False},
]  # fmt: skip

JUDGED = (
    "/json_ld", "/pricing", "/accepts/0/m", "/accepts/0/n", "/accepts/0/asset", "/example", "/origin", "/axon", "/slug",
    "/url",
)  # fmt: skip


def leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if children is None:
        yield at, value
        return
    for name, child in children:
        yield from leaves(child, f"{at}/{str(name).replace('~', '~0').replace('/', '~1')}")


def falsified(value: Any) -> st.SearchStrategy[Any]:
    """Another value in the place of ``value``: of another type, case or spelling, or quite another one."""
    near: list[Any] = [
        value,
        str(value),
        str(value).upper(),
        str(value).swapcase(),
        f" {value} ",
        f"00{value}",
        f"{value}0",
    ]
    if isinstance(value, str) and value.isdigit():
        near.append(int(value))
    if isinstance(value, (int, float)):
        near += [value + 1, float(value), -value]
    return st.sampled_from(near) | st.sampled_from(WORDS) | st.integers(-5, 10**20) | st.booleans() | st.none()


@st.composite
def broken_listings(draw: st.DrawFn) -> Any:
    document = copy.deepcopy(draw(st.sampled_from(LISTINGS)))
    judged = [leaf for leaf in leaves(document) if leaf[0].startswith(JUDGED)]
    for pointer, value in draw(st.lists(st.sampled_from(judged) | st.sampled_from(list(leaves(document))), max_size=6)):
        document = replaced(document, pointer, draw(falsified(value)))
    return document


def looked_through(text: bytes, name: str = "listing.json") -> FixableFile:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(text)
        return look_through(File(str(path), name))


def broken_places(text: bytes, code: str) -> set[str | None]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "listing.json")
        path.write_bytes(text)
        records = [record for record in read([path]) if isinstance(record, Record)]
    found = [finding for record in records for one in listings(record) if not isinstance(one, Finding)
             for finding in validate(one, keep_held=False).findings]  # fmt: skip
    return {finding.location.pointer for finding in found if finding.rule == code}


slow = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@slow
@given(broken_listings(), st.sampled_from(LAYOUTS))
def test_mending_twice_is_mending_once_and_what_was_mended_holds(document: Any, layout: dict[str, Any]) -> None:
    found = looked_through(json.dumps(document, **layout).encode())
    mended = found.text()
    assert looked_through(mended).fixes == []
    for fix in found.fixes:
        for repair in fix.repairs:
            assert repair.pointer not in broken_places(mended, repair.rule), repair


@slow
@given(broken_listings(), st.sampled_from(LAYOUTS))
def test_no_byte_outside_the_mended_values_and_no_other_leaf_changes(document: Any, layout: dict[str, Any]) -> None:
    text = json.dumps(document, **layout).encode()
    found = looked_through(text)
    mended = found.text()
    repairs = [repair for fix in found.fixes for repair in fix.repairs]
    spans = sorted((span(text, repair.pointer), span(mended, repair.pointer)) for repair in repairs)
    assert outside(text, [old for old, _ in spans]) == outside(mended, [new for _, new in spans])
    before, after = dict(leaves(document)), dict(leaves(json.loads(mended)))
    assert list(before) == list(after)
    changed = {pointer for pointer, value in before.items() if json.dumps(value) != json.dumps(after[pointer])}
    assert changed <= {repair.pointer for repair in repairs}
    assert all(json.dumps(after[repair.pointer]) == json.dumps(repair.after) for repair in repairs)


def outside(text: bytes, spans: list[tuple[int, int]]) -> list[bytes]:
    ends = [0, *(end for _, end in spans)]
    return [text[begin:end] for begin, end in zip(ends, [*(start for start, _ in spans), len(text)], strict=True)]


@slow
@given(st.lists(broken_listings(), min_size=1, max_size=3), st.sampled_from(["one", "array", "page", "lines"]))
def test_patch_and_text_give_the_same_json_wherever_the_listings_stand(documents: list[Any], where: str) -> None:
    jsonpatch = pytest.importorskip("jsonpatch")
    value = {"one": documents[0], "array": documents, "page": {"items": documents}}.get(where)
    text = "\n".join(map(json.dumps, documents)) if where == "lines" else json.dumps(value, indent=1)
    found = looked_through(text.encode(), "listings.jsonl" if where == "lines" else "listings.json")
    old, new = ([json.loads(part) for part in (side.split(b"\n") if where == "lines" else [side])]
                for side in (text.encode(), found.text()))  # fmt: skip
    patches = list(found.patches())
    changed = [index for index, document in enumerate(old) if json.dumps(document) != json.dumps(new[index])]
    assert len(patches) == len(changed)
    for index, patch in zip(changed, patches, strict=True):
        assert json.dumps(jsonpatch.JsonPatch(patch).apply(old[index])) == json.dumps(new[index])


@pytest.mark.skipif(not which("patch"), reason="needs patch")
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    st.lists(broken_listings(), min_size=1, max_size=3), st.sampled_from(LAYOUTS), st.sampled_from(["", "\n", "\n\n"])
)
def test_the_diff_gives_the_text_when_it_is_applied(documents: list[Any], layout: dict[str, Any], end: str) -> None:
    text = (json.dumps(documents, **layout) + end).encode()
    found = looked_through(text)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "listing.json").write_bytes(text)
        if diff := found.diff():
            subprocess.run(["patch", "-p0", "--binary"], cwd=folder, input=diff, check=True, capture_output=True)
        assert Path(folder, "listing.json").read_bytes() == found.text()


@given(st.sampled_from(LISTINGS))
def test_the_value_at_a_leaf_is_the_leaf(document: Any) -> None:
    assert all(value_at(document, pointer) == value for pointer, value in leaves(document))
