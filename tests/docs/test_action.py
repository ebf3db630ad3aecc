"""The action for GitHub: its metadata is as published, and its steps do what it says, with hostile inputs too."""

from __future__ import annotations

import json
import re
import shutil
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import pytest
from tests.docs.support.steps import Job, document
from tests.harness.support import shops

GOOD = "api-linguaport-example-translate"
WRONG = "api-filingdesk-example-v1-company-report"
SCHEMAS = files("check_jsonschema").joinpath("builtin_schemas", "vendor")


@pytest.fixture(scope="module")
def action(root):
    return document(root / "action.yml")


@pytest.fixture
def act(action, root, tmp_path, listings):
    """Run the action with inputs, in a project with two listings, on a testbuy that is installed already."""

    def call(*, install=False, **given):
        folder = tmp_path / "project"
        (folder / "listings").mkdir(parents=True, exist_ok=True)
        for slug in (GOOD, WRONG):
            shutil.copy(listings / f"{slug}.json", folder / "listings")
        inputs = {name: told.get("default", "") for name, told in action["inputs"].items()}
        inputs |= {name.replace("_", "-"): value for name, value in given.items()}
        job = Job(tmp_path / "home", folder, inputs, str(root))
        if not install:
            (job.home / "temp" / "testbuy" / "bin").mkdir(parents=True)
            (job.home / "temp" / "testbuy" / "bin" / "testbuy").symlink_to(Path(sys.executable).parent / "testbuy")
        return job.run([step for step in action["runs"]["steps"] if install or step["name"] != "Install testbuy"])

    return call


def test_its_metadata_satisfies_the_published_schema(action):
    schema = json.loads(SCHEMAS.joinpath("github-actions.json").read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(schema).validate(action)


def test_inputs_reach_the_shell_by_the_environment_alone(action):
    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        assert ("run" in step) == ("shell" in step)


def test_every_input_is_used_and_every_expression_is_of_one_that_is_there(action):
    used = set(re.findall(r"inputs\.([\w-]+)", json.dumps(action["runs"])))
    assert used == set(action["inputs"])


def test_good_listings_pass_with_summary_reports_and_outputs(act):
    job = act(sources=f"listings/{GOOD}.json", arguments="--rows\n2")
    assert (job.failed, job.outputs["testbuy"]) == (False, {"exit-code": "0", "reports": "testbuy-reports"})
    assert "settled" in job.summary
    assert [name for name, *_ in job.commands if name == "error"] == []
    written = {path.name for path in (job.folder / "testbuy-reports").glob("*/*")}
    assert {"report.html", "report.json", "junit.xml", "testbuy.sarif", "report.md", "events.ndjson"} <= written
    assert job.used[-1] == (
        "actions/upload-artifact@v4",
        {"name": "testbuy-reports", "path": "testbuy-reports", "if-no-files-found": "ignore"},
    )


@pytest.mark.parametrize("command", ["run", "validate"])
def test_findings_are_annotations_that_fail_the_step_and_reports_are_kept_all_the_same(act, command):
    job = act(command=command)
    assert (job.failed, job.outputs["testbuy"]["exit-code"]) == (True, "1")
    errors = [(told, text) for name, told, text in job.commands if name == "error"]
    assert any(
        "PRICE001" in told and f"file=listings/{WRONG}.json" in told and "line=194" in told for told, _ in errors
    )
    assert "2 errors" in job.summary
    assert [uses for uses, _ in job.used] == ["actions/setup-python@v5", "actions/upload-artifact@v4"]
    assert list((job.folder / "testbuy-reports").rglob("*.html"))


def test_the_level_that_fails_is_chosen_and_the_upload_too(act):
    job = act(command="validate", fail_on="never", upload="false")
    assert (job.failed, [uses for uses, _ in job.used]) == (False, ["actions/setup-python@v5"])


def test_a_seller_checks_its_own_endpoint(act, listings):
    with shops.shop(listings / f"{GOOD}.json") as url:
        place = f"{url}/api.linguaport.example/translate"
        job = act(command="check", url=place, listing=f"listings/{GOOD}.json", arguments=f"--sandbox\n{url}\n--rows\n1")
    assert (job.failed, "settled" in job.summary) == (False, True), job.said


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"command": "buy"}, "command is buy: check, run or validate is expected"),
        ({"command": "check"}, "check needs the input url"),
        ({"command": "check", "url": "https://api.example.com/"}, None),
        ({"sources": ""}, None),
        ({"sources": "nowhere"}, None),
    ],
)
def test_wrong_inputs_end_with_usage(act, given, message):
    job = act(**given)
    assert job.failed
    assert job.outputs["testbuy"].get("exit-code", "2") == "2"
    assert message is None or ("error", "title=testbuy", message) in job.commands


HOSTILE = ["$(touch pwned)", "`touch pwned`", "; touch pwned;", '"; touch pwned; "', "x\ntouch pwned", "--version", "'"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["command", "sources", "url", "listing", "fail_on", "arguments"])
def test_no_input_becomes_a_command(act, name, text):
    job = act(**{"command": "check", "url": "http://localhost:9/", "arguments": "--wait\n0\n--port\n0", name: text})
    assert not list(job.home.parent.rglob("pwned"))
    assert set(job.outputs["testbuy"]) <= {"exit-code", "reports"}
    assert job.failed or text == "--version" or name == "sources"


def test_the_name_of_a_folder_forges_no_output(act):
    job = act(sources=f"listings/{GOOD}.json", reports="a\nexit-code=7", arguments="--rows\n1")
    assert job.outputs["testbuy"] == {"exit-code": "0", "reports": "a\nexit-code=7"}


@pytest.mark.parametrize("command", ["run", "validate"])
def test_what_a_listing_says_gives_no_commands(act, command, tmp_path, listings):
    told = json.loads((listings / f"{WRONG}.json").read_text(encoding="utf-8"))
    told["slug"] = "::error::forged"
    told["title"] = "x\n::error::forged\r\n::add-mask::e"
    told["json_ld"]["offers"]["price"] = "\n::error::forged"
    (tmp_path / "hostile.json").write_text(json.dumps(told))
    job = act(command=command, sources=str(tmp_path / "hostile.json"))
    assert job.failed
    assert not [one for one in job.commands if one[0] == "add-mask" or one[2].startswith("forged")]


@pytest.mark.long
def test_it_installs_the_version_that_stands_beside_it(act):
    job = act(install=True, sources=f"listings/{GOOD}.json", arguments="--rows\n1")
    assert not job.failed, job.said
    assert "testbuy, version" in job.said or "0.1.0" in job.said
