"""Schemas are decided as the reference implementation does, explained in words, and never trusted.

Every file of the corpus is a schema with values that it admits and values that it refuses: dropping one in adds cases.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x402_catalog.hostile import MAX_DEPTH, MAX_STEPS, refusal
from x402_catalog.jsonschemas import PUBLISHED, BadSchema, Checker, problem_of, published, published_checker

CORPUS = sorted(Path(__file__).with_name("corpus").glob("*.json"))
CASES = {path.stem: json.loads(path.read_bytes()) for path in CORPUS}
ADMITTED = [pytest.param(case["schema"], value, id=name) for name, case in CASES.items() for value in case["valid"]]
REFUSED = [pytest.param(case["schema"], row, id=name) for name, case in CASES.items() for row in case["invalid"]]
LISTINGS = sorted((Path(__file__).parents[3] / "listings").glob("*.json"))
ENOUGH = 5.0  # seconds in which no hostile schema may still be at work; honest ones take microseconds


def reference_says(schema: Any, value: Any) -> bool:
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    return bool(kind(schema, format_checker=kind.FORMAT_CHECKER).is_valid(value))


@pytest.mark.parametrize(("schema", "value"), ADMITTED)
def test_a_valid_value_has_no_problem(schema: Any, value: Any) -> None:
    checker = Checker(schema)
    assert checker.is_valid(value)
    assert checker.problem(value) is None
    assert checker.problems(value) == []
    assert reference_says(schema, value)


@pytest.mark.parametrize(("schema", "row"), REFUSED)
def test_an_invalid_value_has_a_problem_at_its_place(schema: Any, row: dict[str, Any]) -> None:
    checker = Checker(schema)
    problem = checker.problem(row["value"])
    assert not checker.is_valid(row["value"])
    assert problem is not None
    assert (problem.pointer, problem.keyword) == (row["pointer"], row["keyword"])
    assert problem.message
    assert len(checker.problems(row["value"])) >= 1
    assert not reference_says(schema, row["value"])


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(-9, 9).map(lambda x: round(x, 1))
    | st.text("ab1", max_size=3)
)
values = st.recursive(
    scalars,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from("abc"), children, max_size=3),
    max_leaves=6,
)


def keywords(children: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    kinds = ["string", "integer", "number", "boolean", "null", "array", "object"]
    count = st.integers(0, 3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(kinds) | st.lists(st.sampled_from(kinds), min_size=1, max_size=3, unique=True),
            "enum": st.lists(scalars, min_size=1, max_size=3, unique_by=repr),
            "const": scalars,
            "minimum": st.integers(-9, 9),
            "exclusiveMaximum": st.integers(-9, 9),
            "multipleOf": st.integers(1, 3),
            "minLength": count,
            "maxLength": count,
            "minItems": count,
            "uniqueItems": st.booleans(),
            "properties": st.dictionaries(st.sampled_from("abc"), children, max_size=2),
            "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
            "additionalProperties": children,
            "items": children,
            "prefixItems": st.lists(children, min_size=1, max_size=2),
            "contains": children,
            "anyOf": st.lists(children, min_size=1, max_size=2),
            "oneOf": st.lists(children, min_size=1, max_size=2),
            "allOf": st.lists(children, min_size=1, max_size=2),
            "not": children,
            "if": children,
            "then": children,
            "else": children,
        },
    )


schemas: st.SearchStrategy[Any] = st.recursive(st.booleans() | st.just({}), keywords, max_leaves=6)


@settings(max_examples=400, deadline=None)
@given(schemas, values)
def test_random_schemas_are_decided_as_by_the_reference_implementation(schema: Any, value: Any) -> None:
    checker = Checker(schema)
    assert checker.is_valid(value) == reference_says(schema, value)
    assert (checker.problem(value) is None) == checker.is_valid(value)


json_values = st.recursive(
    scalars | st.sampled_from(["#", "#/$defs/a", "http://127.0.0.1:1/x", "("]),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "$ref", "$defs", "a", "pattern", "items", "properties", "allOf", "$schema", "$id", "enum"]
            ),
            children,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(json_values, values)
def test_any_json_is_a_usable_schema_or_a_bad_one_and_nothing_else(schema: Any, value: Any) -> None:
    problem = problem_of(schema)
    if problem is None:
        checker = Checker(schema)
        assert (checker.problem(value) is None) == checker.is_valid(value)
    else:
        assert problem.message
        with pytest.raises(BadSchema) as caught:
            Checker(schema)
        assert caught.value.problem == problem


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that the base class calls
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"$ref": "{url}/schema.json"}, "/$ref"),
        ({"properties": {"a": {"items": {"$ref": "{url}/schema.json#/a"}}}}, "/properties/a/items/$ref"),
        ({"$id": "{url}/root", "$ref": "other"}, "/$ref"),
        ({"$dynamicRef": "{url}/schema.json"}, "/$dynamicRef"),
        ({"$schema": "{url}/dialect"}, "/$schema"),
        ({"$schema": "{url}/dialect", "$ref": "#"}, "/$schema"),
    ],
    ids=["reference", "nested", "relative to its id", "dynamic", "dialect", "dialect and reference"],
)
def test_nothing_is_fetched_for_a_schema(schema: Any, place: str) -> None:
    with listening() as (url, asked):
        hostile = json.loads(json.dumps(schema).replace("{url}", url))
        with pytest.raises(BadSchema) as caught:
            Checker(hostile)
    assert caught.value.problem.pointer == place
    assert asked == []


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"$id": "{url}/a", "$schema": "{url}/dialect", "type": "string"}}},
        {"properties": {"a": {"type": "string"}}, "$id": "{url}/root"},
        {"properties": {"a": {"const": {"$ref": "{url}/x"}}}},
    ],
    ids=["nested dialect", "id", "reference in data"],
)
def test_nothing_is_fetched_for_a_value_and_its_explanation(schema: Any) -> None:
    with listening() as (url, asked):
        checker = Checker(json.loads(json.dumps(schema).replace("{url}", url)))
        assert checker.problem({"a": 5}) is not None
        assert checker.problems({"a": 5})
    assert asked == []


def test_a_schema_may_refer_to_the_published_ones_and_is_still_explained_without_a_fetch() -> None:
    checker = Checker({"properties": {"a": {"$ref": "https://testbuy.example/schemas/hints.schema.json"}}})
    problem = checker.problem({"a": 5})
    assert problem is not None
    assert problem.pointer == "/a"


@pytest.mark.parametrize(
    "reference", ["file:///etc/passwd", "/etc/passwd", "schema.json", "urn:x", "data:,{}", "https://a.example/b#/c"]
)
def test_a_reference_out_of_the_document_is_refused_at_its_place(reference: str) -> None:
    problem = problem_of({"properties": {"a": {"$ref": reference}}})
    assert problem is not None
    assert (problem.pointer, problem.keyword) == ("/properties/a/$ref", "$ref")


NO_ENDS = ["#/$defs/zzz", "https://z.example/", "#/$defs/aaa", "https://a.example/", "#anchor"]


@pytest.mark.parametrize("turn", range(len(NO_ENDS)))
def test_of_many_references_that_lead_nowhere_the_first_one_is_named(turn: int) -> None:
    names = NO_ENDS[turn:] + NO_ENDS[:turn]
    leading = {"one": {"$ref": "#/$defs/ok"}, "two": {"const": {"$ref": "#/$defs/data"}}}
    schema = {"properties": leading | {f"p{i}": {"$ref": name} for i, name in enumerate(names)}, "$defs": {"ok": {}}}
    problem = problem_of(schema)
    assert problem is not None
    assert problem.pointer == "/properties/p0/$ref"
    assert names[0].strip("#/") in problem.message


def test_a_reference_that_leads_somewhere_is_not_blamed_for_one_there_that_leads_nowhere() -> None:
    schema = {"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"$ref": "#/$defs/c"}, "d": {"$ref": "#/e"}}}
    problem = problem_of(schema)
    assert problem is not None
    assert problem.pointer == "/$defs/b/$ref"


def test_a_reference_is_not_blamed_for_what_no_reference_does() -> None:
    problem = problem_of({"$id": "::::", "properties": {"a": {"$ref": "#/properties/b"}, "b": {}}})
    assert problem is not None
    assert problem.pointer != "/properties/a/$ref"


def test_a_large_schema_whose_last_reference_leads_nowhere_is_refused_in_little_time() -> None:
    members = {f"p{i}": {"$ref": f"#/$defs/d{i % 700}"} for i in range(5000)}
    schema = {"properties": members, "$defs": {f"d{i}": {"type": "string"} for i in range(699)}}
    started = time.process_time()
    problem = problem_of(schema)
    assert problem is not None
    assert problem.pointer == "/properties/p699/$ref"
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("schema", "place", "keyword"),
    [
        ({"type": "strng"}, "/type", "anyOf"),
        ({"properties": {"a": {"minLength": "3"}}}, "/properties/a/minLength", "type"),
        ({"properties": {"a": {"pattern": "("}}}, "/properties/a/pattern", "format"),
        ({"items": {"$ref": "#/$defs/nope"}}, "/items/$ref", "$ref"),
        ({"required": "a"}, "/required", "type"),
        ({"multipleOf": 0}, "/multipleOf", "exclusiveMinimum"),
        ([], "", "type"),
        (None, "", "type"),
        ("string", "", "type"),
    ],
)
def test_a_bad_schema_names_the_place(schema: Any, place: str, keyword: str) -> None:
    problem = problem_of(schema)
    assert problem is not None
    assert (problem.pointer, problem.keyword) == (place, keyword)


def nested(depth: int, key: str) -> Any:
    schema: Any = {"type": "string"}
    for _ in range(depth):
        schema = {key: schema if key != "allOf" else [schema]}
    return schema


def doubling(levels: int, key: str = "allOf") -> Any:
    definitions: dict[str, Any] = {f"a{n}": {key: [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(levels)}
    return {"$defs": {**definitions, f"a{levels}": {"type": "string"}}, "$ref": "#/$defs/a0"}


@pytest.mark.parametrize("key", ["items", "not", "allOf", "additionalProperties"])
@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 5_000, 100_000])
def test_a_schema_nested_too_deeply_is_a_bad_one(key: str, depth: int) -> None:
    problem = problem_of(nested(depth, key))
    assert problem is not None
    assert problem.message == f"nested more than {MAX_DEPTH} deep"


def test_a_schema_as_deep_as_a_record_may_be_is_usable() -> None:
    assert Checker(nested(MAX_DEPTH - 2, "items")).is_valid("x")


@pytest.mark.parametrize("key", ["allOf", "anyOf", "oneOf"])
def test_references_that_double_at_every_level_are_refused_before_they_cost_time(key: str) -> None:
    problem = problem_of(doubling(60, key))
    assert problem is not None
    assert problem.message == f"its references unfold into more than {MAX_STEPS} subschemas at one place"


def test_a_long_chain_of_references_is_refused_and_a_few_doubled_ones_are_not() -> None:
    chain = {f"a{n}": {"$ref": f"#/$defs/a{n + 1}"} for n in range(5000)}
    assert problem_of({"$defs": {**chain, "a5000": {}}, "$ref": "#/$defs/a0"}) is not None
    assert Checker(doubling(8)).problem(1) is not None


def test_many_references_to_one_definition_are_no_bomb() -> None:
    properties = {f"p{n}": {"$ref": "#/$defs/amount"} for n in range(300)}
    schema = {"$defs": {"amount": {"type": "integer"}}, "properties": properties}
    assert refusal(schema) is None
    assert Checker(schema).problem({"p7": "1"}) is not None


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"allOf": [{"$ref": "#"}]},
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
    ],
)
def test_circular_references_end(schema: Any) -> None:
    assert Checker(schema).problem(1) is None


@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "^(?=(a+)+$)x", r"^(a|aa)+\1$", "(?<!b)(a*)*c", "^(([a-z])+.)+[A-Z]([a-z])+$"]
)
def test_a_catastrophic_pattern_costs_bounded_time(pattern: str) -> None:
    checker, begun = Checker({"pattern": pattern}), time.perf_counter()
    assert not checker.is_valid("a" * 5000 + "!")
    assert checker.problem("a" * 5000 + "!") is not None
    assert time.perf_counter() - begun < ENOUGH


@pytest.mark.parametrize("pattern", ["(a{1000}){1000}", "a{999999999}", "(" * 500 + ")" * 500, "[", "(?P<n>x)(?P<n>y)"])
def test_a_pattern_that_would_take_too_much_memory_or_is_none_is_a_bad_schema_or_a_usable_one(pattern: str) -> None:
    begun = time.perf_counter()
    problem = problem_of({"pattern": pattern})
    assert problem is None or problem.pointer == "/pattern"
    assert time.perf_counter() - begun < ENOUGH


def test_hostile_values_get_a_short_problem() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    for value in (deep, 10**5000, "x" * 10**6, [0] * 10**5, {str(n): n for n in range(10**4)}):
        problem = Checker({"type": "boolean"}).problem(value)
        assert problem is not None
        assert len(problem.message) <= 301
        assert len(repr(problem.observed)) < 1000


def test_a_deep_value_ends_no_process_whose_recursion_limit_another_library_raised() -> None:
    program = (
        "import sys; sys.setrecursionlimit(100_000)\nfrom x402_catalog.jsonschemas import Checker\n"
        "deep = 'x'\nfor _ in range(100_000): deep = [deep]\n"
        "print(Checker({'type': 'boolean'}).problem(deep) is not None)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "True")


def test_an_explanation_names_the_value_and_what_was_expected() -> None:
    problem = Checker({"properties": {"size": {"enum": ["256x256", "512x512"]}}}).problem({"size": "1x1"})
    assert problem is not None
    assert problem.message == "'1x1' is not one of ['256x256', '512x512']"
    assert problem.observed == "1x1"
    assert problem.schema_pointer == "/properties/size/enum"


def test_an_explanation_follows_the_branch_that_the_value_comes_closest_to() -> None:
    image = {"type": "object", "properties": {"url": {"type": "string"}}, "required": ["url"]}
    problem = Checker({"anyOf": [{"type": "null"}, image]}).problem({"url": 5})
    assert problem is not None
    assert problem.pointer == "/url"


def test_all_problems_of_a_value_are_told_up_to_a_limit() -> None:
    checker = Checker({"items": {"type": "string"}})
    assert [problem.pointer for problem in checker.problems([1, "a", 2])] == ["/0", "/2"]
    assert len(checker.problems([0] * 100, limit=5)) == 5


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_schema_satisfies_its_metaschema_in_both_implementations(name: str) -> None:
    schema = published(name)
    assert problem_of(schema) is None
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"].endswith(f"/{name}.schema.json")


@pytest.mark.parametrize("path", LISTINGS, ids=lambda path: path.stem)
def test_every_listing_of_the_project_satisfies_the_published_schema(path: Path) -> None:
    assert published_checker("listing").problems(json.loads(path.read_bytes())) == []
