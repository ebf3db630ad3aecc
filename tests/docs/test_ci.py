"""The jobs of the page about CI: they are as the schemas want them, and their shell lines run where nothing else is."""

from __future__ import annotations

import json
import re
import shutil
import sys
import sysconfig
import venv
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import pytest
from ruamel.yaml import YAML
from tests.docs.support.ports import free_ports
from tests.docs.support.steps import Job
from tests.harness.support import shops

pytest.importorskip("x402", reason="the official SDK is the example seller's")

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "ci.md").read_text(encoding="utf-8")
JOBS = dict(re.findall(r"<!-- ci: ([\w-]+) -->\n```yaml\n(.*?)```", PAGE, flags=re.S))
SCHEMAS = files("check_jsonschema").joinpath("builtin_schemas", "vendor")
LISTINGS = ("api-linguaport-example-translate", "api-venice-ai-api-v1-images-generations")
BIN = Path(sys.executable).parent


def job(name):
    return YAML(typ="safe").load(JOBS[name])


def steps(name):
    """The steps of a job with shell lines, of either kind."""
    found = job(name)
    if "jobs" in found:
        (one,) = found["jobs"].values()
        return [step for step in one["steps"] if "run" in step]
    (one,) = found.values()
    return [{"run": "\n".join(one["script"])}]


@pytest.fixture(scope="session")
def clean(tmp_path_factory):
    """An environment in which pip finds what this one has, and the programs that it would install."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    found = sysconfig.get_path("purelib")
    (packages / "here.pth").write_text(f"import site; site.addsitedir({found!r})\n")
    for name in ("testbuy", "pytest", "uvicorn"):
        (folder / "bin" / name).symlink_to(BIN / name)
    return folder / "bin"


@pytest.fixture
def project(root, listings, tmp_path):
    """The example seller with two listings and two recorded purchases."""
    folder = tmp_path / "project"
    shutil.copytree(root / "examples" / "seller", folder)
    (folder / "listings").mkdir()
    for slug in LISTINGS:
        shutil.copy(listings / f"{slug}.json", folder / "listings")
    return folder


def run(name, project, clean):
    port, facilitator = free_ports(2)

    def moved(text):
        here = text.replace("8000", str(port)).replace("4402", str(facilitator))
        return here.replace("testbuy check ", f"testbuy check --port {facilitator} ")

    made = [{"run": moved(step["run"])} for step in steps(name)]
    return Job(project.parent / "home", project, path=(clean,)).run(made)


def test_the_page_has_jobs_for_github_and_gitlab():
    kinds = {name.rpartition("-")[0] for name in JOBS if name != "action"}
    assert {f"{kind}-{place}" for kind in kinds for place in ("github", "gitlab")} | {"action"} == set(JOBS)


@pytest.mark.parametrize("name", JOBS)
def test_a_job_satisfies_the_published_schema(name):
    schema = "gitlab-ci.json" if name.endswith("gitlab") else "github-workflows.json"
    told = json.loads(SCHEMAS.joinpath(schema).read_text(encoding="utf-8"))
    # A schema of an editor's own draft-07 dialect: what it says of validation is what counts.
    jsonschema_rs.validator_for(told).validate(job(name))


def test_the_action_is_called_with_inputs_that_it_has(root):
    inputs = YAML(typ="safe").load((root / "action.yml").read_text(encoding="utf-8"))["inputs"]
    (one,) = job("action")["jobs"].values()
    assert set(one["steps"][-1]["with"]) <= set(inputs)
    rows = PAGE.split("| input |")[1].split("Outputs:")[0].splitlines()[2:]
    named = " ".join(row.split("|")[1] for row in rows if row)
    assert set(re.findall(r"`([\w-]+)`", named)) == set(inputs)


@pytest.mark.parametrize("name", ["seller-github", "seller-gitlab"])
def test_the_job_of_a_seller_passes_and_fails_with_a_bug(name, project, clean):
    done = run(name, project, clean)
    assert not done.failed, done.said
    assert "conformant with x402" in done.said
    assert (project / "junit.xml").exists()
    source = project / "seller.py"
    source.write_text(source.read_text().replace('"$0.02"', '"$0.03"'))
    shutil.rmtree(done.home)
    assert run(name, project, clean).failed


@pytest.mark.parametrize("name", ["catalogue-github", "catalogue-gitlab"])
def test_the_job_of_a_catalogue_passes_and_fails_with_a_broken_listing(name, project, clean, listings):
    done = run(name, project, clean)
    assert not done.failed, done.said
    shutil.copy(listings / "api-filingdesk-example-v1-company-report.json", project / "listings")
    shutil.rmtree(done.home)
    again = run(name, project, clean)
    assert again.failed
    told = [path.read_text(encoding="utf-8") for path in project.glob("testbuy.sarif")]
    assert "PRICE001" in again.said + "".join(told)


@pytest.mark.parametrize("name", ["replay-github", "replay-gitlab"])
def test_the_job_of_recorded_purchases_replays_them_in_an_empty_home(name, project, clean, listings, testbuy):
    (slug, *_) = LISTINGS
    with shops.shop(listings / f"{slug}.json") as url:
        bought = testbuy(
            "buy", f"{url}/api.linguaport.example/translate", "--listing", listings / f"{slug}.json", "--sandbox", url,
            "--rows", "2", "--cassettes", project / "recordings", "--reports", project / "reports", "-q",
        )  # fmt: skip
    assert bought.returncode == 0, bought.stdout + bought.stderr
    done = run(name, project, clean)
    assert not done.failed, done.said
    assert "2 replayed: bought before, judged again, nothing paid" in done.said
    assert "nothing was recorded of it" in done.said or "skipped" in done.said


def test_the_example_seller_is_tested_by_a_job_of_ten_lines(project, clean):
    text = (project / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    found = YAML(typ="safe").load(text)
    workflows = json.loads(SCHEMAS.joinpath("github-workflows.json").read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(workflows).validate(found)
    assert len(text.splitlines()) == 10
    lines = [step for step in found["jobs"]["test"]["steps"] if "run" in step]
    done = Job(project.parent / "home", project, path=(clean,)).run(lines)
    assert not done.failed, done.said
    assert "6 passed" in done.said
