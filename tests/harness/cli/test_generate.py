"""``testbuy generate``: requests as people and programs want them."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest

from x402_harness.reporting.document import document_schema

SLUG = "api-venice-ai-api-v1-images-generations"


def told(done) -> dict:
    document = json.loads(done.stdout)
    jsonschema_rs.validator_for(document_schema()).validate(document)
    return document


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("generate", (SLUG, "-n", "4")),
        ("generate-negative", (SLUG, "--negative", "-n", "8")),
        ("generate-curl", (SLUG, "-n", "2", "--format", "curl")),
        ("generate-pytest", (SLUG, "-n", "2", "--negative", "--format", "pytest")),
        ("generate-help", ("--help",)),
    ],
)
def test_it_prints_what_its_snapshot_shows(name, arguments, testbuy, matches_snapshot):
    done = testbuy("generate", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    matches_snapshot(name, done.stdout)


def test_the_document_tells_requests_levels_and_coverage(testbuy):
    (made,) = told(testbuy("generate", SLUG, "--rows", "all", "--format", "json"))["listings"]
    first, *rest = made["requests"]
    assert (first["source"], first["levels"]["body/size"]) == ("example", '= "1024x1024"')
    assert sum(len(row["adds"]["levels"]) for row in made["requests"]) == made["coverage"]["levels"]["of"]
    assert sum(row["adds"]["pairs"] for row in made["requests"]) == made["coverage"]["pairs"]["of"]
    assert all(json.loads(row["body"]["text"])["prompt"] for row in rest)


def test_the_document_of_negative_requests_tells_what_each_breaks(testbuy):
    (made,) = told(testbuy("generate", SLUG, "--negative", "-n", "6", "--format", "json"))["listings"]
    assert len({row["breaks"] for row in made["requests"]}) == 6
    assert all(row["what"] and row["part"] == "body" for row in made["requests"])


def test_strength_one_stops_when_every_level_is_shown(testbuy):
    (made,) = told(testbuy("generate", SLUG, "-n", "all", "--strength", "1", "--format", "json"))["listings"]
    assert len(made["requests"]) == made["coverage"]["levels"]["fewest_rows"]
    assert made["coverage"]["untested"] == []


def test_the_same_seed_prints_the_same_and_another_seed_something_else(testbuy):
    outputs = [testbuy("generate", SLUG, "-n", "3", "--seed", seed).stdout for seed in (1, 1, 2)]
    assert outputs[0] == outputs[1] != outputs[2]


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("no-such-listing",), 3, "no listing"),
        ((SLUG, "-n", "0"), 2, "neither a number"),
        ((SLUG, "-n", "many"), 2, "neither a number"),
        ((SLUG, "--strength", "4"), 2, "--strength"),
        ((SLUG, "--format", "yaml"), 2, "yaml"),
    ],
)
def test_what_cannot_be_done_is_said(arguments, code, word, testbuy):
    done = testbuy("generate", *arguments)
    assert done.returncode == code
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_a_slug_without_a_catalogue_is_told_what_is_lacking(testbuy, tmp_path):
    done = testbuy("generate", "no-such", "--catalogue", tmp_path / "none.db")
    assert done.returncode == 2
    assert "'no-such' is no file here, and there is no " in done.stderr
    assert "none.db' to look it up in: --catalogue names another catalogue" in done.stderr
