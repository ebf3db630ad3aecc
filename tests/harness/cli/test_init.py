"""``testbuy init``: a test that runs and a workflow whose lines a shell reads as they were meant."""

from __future__ import annotations

import json
import re
import shlex
import tomllib

import pytest
from click.testing import CliRunner

from x402_harness.cli.app import app

SLUG = "api-linguaport-example-translate"
TEST, WORKFLOW = "tests/test_x402.py", ".github/workflows/testbuy.yml"


@pytest.fixture
def init(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(app, ["init", *map(str, arguments)])

    return run


def checked(folder):
    """The check that the workflow runs, as a shell takes it apart."""
    (line,) = re.findall(r"- run: (testbuy check .*)", (folder / WORKFLOW).read_text())
    return shlex.split(line)


def test_a_slug_of_a_catalogue_makes_listing_test_and_workflow(init, listings, tmp_path):
    done = init(SLUG, "--catalogue", listings)
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "listing.json").read_text())["slug"] == SLUG
    compile((tmp_path / TEST).read_text(), TEST, "exec")
    assert checked(tmp_path) == [
        "testbuy", "check", "http://localhost:8000/translate", "--listing", "listing.json", "--wait", "60",
    ]  # fmt: skip


def test_the_test_that_is_written_runs(init, listings, pytester, tmp_path):
    init(SLUG, "--catalogue", listings, "-C", pytester.path)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", TEST)
    result.assert_outcomes(passed=5)


def test_a_listing_of_the_project_stays_where_it_is(init, listings, tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "one.json").write_bytes((listings / f"{SLUG}.json").read_bytes())
    assert init("shop/one.json").exit_code == 0
    assert not (tmp_path / "listing.json").exists()
    assert 'listing="../shop/one.json"' in (tmp_path / TEST).read_text().replace("'", '"')
    assert "shop/one.json" in checked(tmp_path)


def test_a_url_makes_a_workflow_alone(init, tmp_path):
    assert init("http://localhost:9/a?b=c&d=$(id)").exit_code == 0
    assert checked(tmp_path)[2] == "http://localhost:9/a?b=c&d=%24%28id%29"
    assert not (tmp_path / TEST).exists()


def test_what_is_there_is_kept_unless_it_is_to_go(init, tmp_path):
    assert init("http://localhost:9/a").exit_code == 0
    again = init("http://localhost:9/b")
    assert (again.exit_code, "is there already" in again.output) == (2, True)
    assert checked(tmp_path)[2].endswith("/a")
    assert init("http://localhost:9/b", "--force").exit_code == 0
    assert checked(tmp_path)[2].endswith("/b")


def test_a_listings_url_is_no_command(init, listings, tmp_path):
    hostile = json.loads((listings / f"{SLUG}.json").read_text())
    hostile["url"] = "https://api.example/x'; rm -rf ~ # ${{ secrets.KEY }}\n- run: evil"
    (tmp_path / "hostile.json").write_text(json.dumps(hostile))
    init("hostile.json")
    text = (tmp_path / WORKFLOW).read_text()
    assert "${{" not in text
    assert "evil" not in re.findall(r"^\s*- run: (\w+)", text, flags=re.M)
    assert checked(tmp_path)[:2] == ["testbuy", "check"]
    assert checked(tmp_path)[3] == "--listing"


@pytest.mark.parametrize("target", [SLUG, "http://localhost:9/a"])
def test_the_configuration_that_is_written_is_valid_and_counts(init, listings, tmp_path, target):
    assert init(target, "--catalogue", listings).exit_code == 0
    done = CliRunner().invoke(app, ["config", "check"])
    assert (done.exit_code, done.stderr) == (0, "testbuy.toml: every key and value is valid\n")
    told = CliRunner().invoke(app, ["config", "show", "check", "--origin"]).stdout
    assert re.search(r"^\[check\] wait = 60 +testbuy.toml:\d+:1$", told, flags=re.M)
    found = CliRunner().invoke(app, ["show", SLUG])
    assert found.exit_code == (0 if target == SLUG else 2)


def test_a_hostile_name_of_a_file_is_a_text_in_the_configuration(init, listings, tmp_path):
    name = 'a"\n[buy]\nmode = "live" \x7f\U0001f600.json'
    (tmp_path / name).write_bytes((listings / f"{SLUG}.json").read_bytes())
    assert init(name).exit_code == 0
    values = tomllib.loads((tmp_path / "testbuy.toml").read_text(encoding="utf-8"))
    assert values["catalogue"] == values["check"]["listing"] == name
    assert "buy" not in values


def test_no_file_is_written_beside_a_configured_project(init, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.testbuy]\n")
    done = init("http://localhost:9/a")
    assert (done.exit_code, "no testbuy.toml is written beside it" in done.stderr) == (0, True)
    assert not (tmp_path / "testbuy.toml").exists()
