"""RESP001 to RESP009: the paid answer against what the listing declares."""

from __future__ import annotations

from x402_catalog.findings import Level
from x402_catalog.hints import Declared
from x402_catalog.jsonschemas import Checker, Schema
from x402_catalog.rules.registry import rule
from x402_harness.checks.content.asking import asked
from x402_harness.checks.content.media import is_same
from x402_harness.checks.content.wishes import Aim, wish_for, wishes
from x402_harness.checks.context import Check, Scene
from x402_harness.protocol.exchange import Leg, Response
from x402_harness.protocol.parsing import loads

MEDIA_TYPE = rule(
    "RESP001",
    Level.ERROR,
    "answer has another media type than declared",
    why="The buyer's program cannot read what it bought.",
    basis="RFC 9110 §8.3; listing accepts[].mime_type, hints.output",
    mend="Send the declared Content-Type, or declare the one that is sent.",
)
IS_JSON = rule(
    "RESP002",
    Level.ERROR,
    "answer is not JSON",
    why="The declared output is JSON; what came cannot be parsed.",
    basis="RFC 8259; hints.output",
    mend="Answer with JSON.",
)
SCHEMA = rule(
    "RESP003",
    Level.ERROR,
    "answer breaks the declared output",
    why="The buyer paid for one thing and got another.",
    basis="JSON Schema 2020-12; hints.output",
    mend="Correct the answer, or the declared output.",
)
LIKE_EXAMPLE = rule(
    "RESP004",
    Level.WARNING,
    "answer does not look like the declared example",
    why="An example is no schema, but a buyer has nothing else to go by.",
    basis="hints.output (example)",
    mend="Declare a JSON Schema, or bring the example up to date.",
)
EMPTY = rule(
    "RESP005",
    Level.ERROR,
    "answer is empty",
    why="The buyer paid and got nothing.",
    basis="hints.output",
    mend="Answer with content, or declare that there is none.",
)
CUT = rule(
    "RESP006",
    Level.INFO,
    "answer is larger than the limit",
    why="Only its beginning was kept, so it was not judged.",
    basis="--max-body",
    mend="Raise the limit to judge it.",
)
UNDECIDED = rule(
    "RESP007",
    Level.INFO,
    "answer could not be judged in time",
    why="Holding the answer against the declared output took too long or too much memory, so it was given up.",
    basis="JSON Schema 2020-12; hints.output",
    mend="Declare the output without nested quantifiers, references to itself or nested unevaluated keywords.",
)


def media_type(scene: Scene) -> None:
    """The answer's media type is the declared one."""
    answer, shape = _delivered(scene), scene.declared
    if answer is None or shape.media_type is None or not answer.body:
        return
    declared, got = shape.media_type.split(";", 1)[0].strip().lower(), answer.media_type
    at = f"{scene.offer.pointer}/mime_type" if scene.offer.mime_type else shape.pointer
    if got is not None and _is_so(declared, got):
        scene.held(MEDIA_TYPE, at)
    elif got is None or not _is_chosen(scene, declared, got):
        scene.broken(
            MEDIA_TYPE,
            Leg.PAID,
            f"{got or 'no media type'} instead of {declared}",
            observed=got,
            expected=declared,
            pointer=at,
        )


def content(scene: Scene) -> None:
    """The answer's content is what is declared."""
    answer, shape = _delivered(scene), scene.declared
    if answer is None or shape.declared is Declared.NOTHING:
        return
    if answer.undecoded:
        return  # the content coding is at fault: its own rule says so
    if answer.truncated:
        scene.broken(CUT, Leg.PAID, f"cut after {len(answer.body)} bytes", observed=len(answer.body))
    elif not answer.body and scene.purchase.request.method != "HEAD":
        scene.broken(EMPTY, Leg.PAID, "no content", expected=str(shape.declared), pointer=shape.pointer)
    elif (
        answer.body
        and shape.declared in {Declared.SCHEMA, Declared.EXAMPLE}
        and _is_json(shape.media_type or "application/json")
    ):
        _json_content(scene, answer)


def _json_content(scene: Scene, answer: Response) -> None:
    shape = scene.declared
    try:
        value = loads(answer.body)
    except ValueError as error:
        shown = answer.body[:120].decode("utf-8", "replace")
        scene.broken(IS_JSON, Leg.PAID, str(error), observed=shown, expected="JSON", pointer=shape.pointer)
        return
    if shape.schema is not None and not _by_schema(scene, shape.schema, value):
        return
    if shape.declared is not Declared.EXAMPLE:
        return
    if (difference := _unlike(shape.example, value, "")) is not None:
        scene.broken(
            LIKE_EXAMPLE, Leg.PAID, difference, expected="the shape of the declared example", pointer=shape.pointer
        )
    else:
        scene.held(LIKE_EXAMPLE, shape.pointer)


def _by_schema(scene: Scene, schema: Schema, value: object) -> bool:
    at = scene.declared.pointer
    problem = Checker(schema).problem(value)
    if problem is None:
        scene.held(SCHEMA, at)
    elif problem.is_undecided:
        scene.broken(UNDECIDED, Leg.PAID, problem.message)
        scene.judge.not_judged(SCHEMA, at, reason=f"the answer could not be judged: {problem.message}")
    else:
        scene.broken(
            SCHEMA, Leg.PAID, f"{problem.pointer or '/'}: {problem.message}", observed=problem.observed,
            expected=f"{problem.keyword} at {problem.schema_pointer} of the declared output",
            pointer=at + _in_listing(problem.schema_pointer),
        )  # fmt: skip
    return problem is None


def _in_listing(schema_pointer: str) -> str:
    # The keyword that failed stands at the end; lifted ones such as required may not stand in the listing.
    return schema_pointer.rsplit("/", 1)[0]


def _unlike(example: object, value: object, at: str) -> str | None:
    if type(example) is not type(value) and not (_is_number(example) and _is_number(value)):
        return f"{at or '/'}: {type(value).__name__} where the example has {type(example).__name__}"
    if isinstance(example, dict) and isinstance(value, dict):
        for name, child in example.items():
            if name not in value:
                return f"{at}/{name}: missing"
            if child is not None and value[name] is not None and (inner := _unlike(child, value[name], f"{at}/{name}")):
                return inner
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _delivered(scene: Scene) -> Response | None:
    answer = scene.response(Leg.PAID)
    return answer if answer is not None and 200 <= answer.status < 300 else None


def _is_so(declared: str, got: str) -> bool:
    return got == declared or _covers(declared, got) or (_is_json(declared) and _is_json(got))


def _is_chosen(scene: Scene, declared: str, got: str) -> bool:
    """Whether the request chose that format among several, of which the listing's media type can name but one."""
    if _is_json(declared):
        return False
    fields = asked(scene.judge.request(scene.offer), scene.purchase.request)
    wish = wish_for(wishes(fields), Aim.FORMAT)
    return wish is not None and is_same(str(wish.value), got)


def _covers(declared: str, got: str) -> bool:
    return declared == "*/*" or (declared.endswith("/*") and got.split("/", 1)[0] == declared[:-2])


def _is_json(kind: str) -> bool:
    bare = kind.split(";", 1)[0].strip().lower()
    return bare == "application/json" or bare.endswith("+json")


CHECKS: tuple[Check, ...] = (media_type, content)
