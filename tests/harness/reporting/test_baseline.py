"""Baselines: what is accepted stays quiet, until it has gone, changed in number or run out of time."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.support.findings import finding, in_text

from x402_catalog.findings import Identity
from x402_harness.reporting.baseline import BadBaseline, Baseline, Entry, read_baseline, write_baseline
from x402_harness.reporting.findings import Told
from x402_harness.reporting.suppression import MAX_TOLD, Renewal, Suppression

TODAY = date(2026, 11, 24)
PRICE = Identity("PRICE001", "slug", "/a")
OTHER = Identity("CAT003", "b.json", "")
TOLD = in_text('{"a": 1}', "/a")

identities = st.builds(Identity, st.text(), st.text(st.characters(codec=None)), st.text())
entries = st.lists(
    st.builds(Entry, identities, st.integers(1, 9), st.text(), st.none() | st.dates()),
    unique_by=lambda entry: entry.identity,
)


def anything(_: Identity) -> bool:
    return True


@given(entries)
def test_what_is_written_is_read(tmp_path_factory, made):
    path = tmp_path_factory.getbasetemp() / "baseline.json"
    write_baseline(path, made)
    assert read_baseline(path) == made


def test_an_entry_suppresses_as_many_findings_as_it_counts():
    baseline = Baseline([Entry(PRICE, 2)], TODAY)
    assert [baseline.accepting(PRICE) is not None for _ in range(3)] == [True, True, False]
    assert baseline.accepting(OTHER) is None


@pytest.mark.parametrize(("expires", "suppressed"), [(date(2026, 11, 24), True), (date(2026, 11, 23), False)])
def test_an_entry_ends_after_its_last_day(expires, suppressed):
    suppression = Suppression([Entry(PRICE, expires=expires)], TODAY, anything)
    assert (suppression.accepts(TOLD) is not None) is suppressed
    expired = [] if suppressed else ["baseline entry expired on 2026-11-23: PRICE001 slug /a"]
    assert suppression.notices() == expired
    assert [entry["expires"] for entry in suppression.to_dict("b")["expired"]] == ["2026-11-23"] * (not suppressed)


def test_an_entry_for_what_is_no_longer_found_is_stale():
    suppression = Suppression([Entry(PRICE, 3), Entry(OTHER)], TODAY, anything)
    suppression.accepts(TOLD)
    assert suppression.notices() == [
        "baseline entry is stale (1 of 3 found): PRICE001 slug /a",
        "baseline entry is stale (0 of 1 found): CAT003 b.json",
    ]
    assert [entry["found"] for entry in suppression.to_dict("b")["stale"]] == [1, 0]


def test_of_what_a_run_did_not_look_at_nothing_is_stale():
    assert Suppression([Entry(OTHER)], TODAY, lambda identity: identity == PRICE).notices() == []


def test_notices_are_not_without_end():
    suppression = Suppression([Entry(Identity("PRICE001", str(n), "")) for n in range(100)], TODAY, anything)
    notices = suppression.notices()
    assert len(notices) == MAX_TOLD + 1
    assert notices[-1] == "and 80 more stale baseline entries"


def test_a_renewed_baseline_keeps_reasons_and_what_was_not_looked_at():
    old = [Entry(PRICE, 5, "meant", date(2027, 1, 1)), Entry(OTHER), Entry(Identity("HINT001", "gone", ""))]
    renewal = Renewal(old, TODAY, lambda identity: identity != OTHER)
    assert renewal.accepts(TOLD)
    assert renewal.accepts(Told(finding("CAT001", file="c.json")))
    assert renewal.entries() == [
        Entry(Identity("CAT001", "c.json", "")),
        Entry(OTHER),
        Entry(PRICE, 1, "meant", date(2027, 1, 1)),
    ]


def test_writing_anew_does_not_renew_what_has_expired():
    renewal = Renewal([Entry(PRICE, expires=date(2026, 1, 1))], TODAY, anything)
    assert not renewal.accepts(TOLD)
    assert renewal.entries() == [Entry(PRICE, expires=date(2026, 1, 1))]
    assert Baseline([], TODAY).renewed(Counter({PRICE: 2}), anything) == [Entry(PRICE, 2)]


MALFORMED = {
    "[1": "not JSON",
    "\xff": "not JSON",
    "[" * 100_000: "not JSON",
    "[]": "not a baseline",
    "{}": "not a baseline",
    '{"schema_version": 2, "entries": []}': "schema_version is 2, this program reads 1",
    '{"entries": []}': "schema_version is None",
}
ENTRIES = {
    "3": "entry 1: int is no object",
    '{"rule": "PRICE001"}': "entry 1: has no subject and no pointer",
    '{"rule": "PRICE001", "subject": "s", "pointer": "", "reson": "x"}': "did you mean 'reason'?",
    '{"rule": "PRICE001", "subject": "s", "pointer": 3}': "pointer must be a string, not 3",
    '{"rule": "PRICE001", "subject": "s", "pointer": "", "count": true}': "count must be a whole number",
    '{"rule": "PRICE001", "subject": "s", "pointer": "", "count": 0}': "count 0 is below 1",
    '{"rule": "PRICE001", "subject": "s", "pointer": "", "expires": "soon"}': "expires 'soon' is no date",
    '{"rule": "P", "subject": "s", "pointer": ""}, {"rule": "P", "subject": "s", "pointer": ""}': "stands there twice",
}


@pytest.mark.parametrize(
    ("text", "message"),
    [*MALFORMED.items(), *((f'{{"schema_version": 1, "entries": [{e}]}}', m) for e, m in ENTRIES.items())],
    ids=[*MALFORMED.values(), *ENTRIES.values()],
)
def test_a_malformed_baseline_is_named_with_what_would_be_right(tmp_path, text, message):
    path = tmp_path / "baseline.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadBaseline) as caught:
        read_baseline(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_members_that_may_be_left_out_may(tmp_path):
    path = tmp_path / "baseline.json"
    entry = {"rule": "PRICE001", "subject": "slug", "pointer": "/a"}
    path.write_text(json.dumps({"schema_version": 1, "entries": [entry]}))
    assert read_baseline(path) == [Entry(PRICE)]


def test_a_baseline_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "baseline.json"
    path.write_text("old")
    with pytest.raises(AttributeError):
        write_baseline(path, [None])
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["baseline.json"]
