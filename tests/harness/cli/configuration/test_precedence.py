"""What counts: a flag before a variable, a variable before a file, a file before the default, in real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Configured = Callable[..., subprocess.CompletedProcess[str]]
SLUG = "api-venice-ai-api-v1-images-generations"


@pytest.fixture
def here(testbuy: Run, tmp_path: Path) -> Configured:
    """Run ``testbuy`` in a folder of its own, the file there having ``text``."""

    def run(text: str | None, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        if text is not None:
            (tmp_path / "testbuy.toml").write_text(text)
        return testbuy(*arguments, cwd=tmp_path, **environment)

    return run


def seed_of(done: subprocess.CompletedProcess[str]) -> object:
    assert done.returncode in {0, 1}, done.stderr
    return json.loads(done.stdout)["seed"]


def test_a_flag_counts_before_a_variable_before_a_file_before_the_default(here: Configured, listings: Path) -> None:
    run = ("run", listings / f"{SLUG}.json", "-q", "--format", "json", "--rows", "1")
    assert seed_of(here(None, *run)) == 402
    assert seed_of(here("seed = 1\n", *run)) == 1
    assert seed_of(here("seed = 1\nrun.seed = 2\n", *run)) == 2
    assert seed_of(here(None, *run, TESTBUY_SEED="3")) == 3
    assert seed_of(here(None, *run, TESTBUY_SEED="3", TESTBUY_RUN_SEED="4")) == 4
    assert seed_of(here(None, *run, "--seed", "5", TESTBUY_SEED="3", TESTBUY_RUN_SEED="4")) == 5
    assert seed_of(here(None, "--no-config", *run)) == 402


def test_show_tells_what_counts_and_where_it_was_said(here: Configured) -> None:
    text = 'seed = 1\n\n[run]\nrows = "all"\ncategory = ["media"]\n'
    done = here(text, "config", "show", "run", "--origin", TESTBUY_RUN_SEED="4", TESTBUY_RUN_HOST="a.example b.example")
    told = {tuple(line.rsplit("  ", 1)) for line in done.stdout.splitlines()}
    assert {(name.rstrip(), origin) for name, origin in told} == {
        ('[run] category = ["media"]', "testbuy.toml:5:1"),
        ('[run] host = ["a.example", "b.example"]', "TESTBUY_RUN_HOST"),
        ('[run] rows = "all"', "testbuy.toml:4:1"),
        ("[run] seed = 4", "TESTBUY_RUN_SEED"),
    }
    rows = json.loads(here(None, "config", "show", "run", "--all", "--format", "json").stdout)["settings"]
    seeds = [row for row in rows if row["key"] == "seed"]
    where = {"kind": "file", "file": "testbuy.toml", "line": 1, "column": 1}
    assert seeds == [{"command": "run", "key": "seed", "value": 1, "origin": where}]
    assert {"command": "run", "key": "quiet", "value": False, "origin": {"kind": "default"}} in rows


def test_an_older_variable_counts_after_the_commands_own(here: Configured, listings: Path) -> None:
    search = ("search", "image", "--catalogue", listings)
    assert json.loads(here(None, *search, TESTBUY_OUTPUT="json").stdout)["command"] == "search"
    done = here(None, *search, TESTBUY_OUTPUT="json", TESTBUY_SEARCH_FORMAT="csv")
    assert done.stdout.startswith("price,amount,")


def test_the_nearest_file_counts_and_paths_in_it_are_meant_from_there(
    testbuy: Run, tmp_path: Path, listings: Path
) -> None:
    inner = tmp_path / "project" / "src"
    inner.mkdir(parents=True)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "one.json").write_bytes((listings / f"{SLUG}.json").read_bytes())
    (tmp_path / "testbuy.toml").write_text('catalogue = "shop"\n')
    assert SLUG in testbuy("search", cwd=inner).stdout
    (tmp_path / "project" / "pyproject.toml").write_text('[tool.testbuy]\ncatalogue = "../shop/one.json"\n')
    assert SLUG in testbuy("search", cwd=inner).stdout
    assert "pyproject.toml:2:1" in testbuy("config", "show", "search", "--origin", cwd=inner).stdout
    (tmp_path / "project" / "pyproject.toml").write_text('[tool.other]\nname = "testbuy"\n')
    assert "../../testbuy.toml:1:1" in testbuy("config", "show", "search", "--origin", cwd=inner).stdout


def test_two_files_in_one_folder_are_an_error(here: Configured, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.testbuy]\n")
    done = here("seed = 1\n", "search")
    assert (done.returncode, "has [tool.testbuy] too: keep one of them" in done.stderr) == (2, True)
    assert here(None, "--config", "testbuy.toml", "config", "show").stdout == "seed = 1\n"


def test_a_file_that_is_named_counts_alone(here: Configured, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("seed = 9\n")
    show = ("config", "show", "stats", "--origin")
    assert "other.toml:1:1" in here("seed = 1\n", "--config", "other.toml", *show).stdout
    assert "other.toml:1:1" in here(None, *show, TESTBUY_CONFIG="other.toml").stdout
    assert here(None, "--no-config", *show, TESTBUY_CONFIG="other.toml").stdout == ""
    assert here(None, "--no-config", "--config", "other.toml", *show).returncode == 2
    done = here(None, *show, TESTBUY_CONFIG="none.toml")
    assert (done.returncode, "none.toml: cannot be read: no such file" in done.stderr) == (2, True)


def test_a_wrong_value_is_told_with_where_it_was_said(here: Configured, listings: Path) -> None:
    done = here("[run]\nrows = 0\n", "run", listings)
    assert done.returncode == 2
    assert "'0' is neither a number from 1 to 100000 nor all ([run] rows at testbuy.toml:2:1)" in done.stderr
    done = here("", "run", listings, TESTBUY_RUN_ROWS="many")
    assert (done.returncode, "nor all (TESTBUY_RUN_ROWS)" in done.stderr) == (2, True)
    done = here('stats.sort = "price"\n', "stats", "--catalogue", listings)
    assert (done.returncode, "Set without a flag: [stats] sort at testbuy.toml:1:1." in done.stderr) == (2, True)


def test_a_variable_that_names_no_option_of_the_command_is_an_error(here: Configured) -> None:
    done = here("", "run", "x", TESTBUY_RUN_ROW="1")
    assert (done.returncode, "did you mean TESTBUY_RUN_ROWS?" in done.stderr) == (2, True)


def test_a_broken_file_stops_commands_but_not_help(here: Configured) -> None:
    assert here("seed = \n", "search").returncode == 2
    assert here(None, "search", "--help").returncode == here(None, "search", "-h").returncode == 0
    assert here(None, "--version").returncode == 0
    done = here(None, "config", "check")
    assert (done.returncode, "testbuy.toml:1:8: is no TOML" in done.stderr) == (2, True)


def test_tables_of_other_commands_are_not_looked_into(here: Configured, listings: Path) -> None:
    text = '[plan]\nmode = "live"\n'
    assert here(text, "search", "--catalogue", listings).returncode == 0
    assert here(None, "config", "check").returncode == 2


def test_completion_takes_the_catalogue_of_the_file(here: Configured, listings: Path) -> None:
    shell = {"COMP_WORDS": "testbuy show api-ven", "COMP_CWORD": "2", "_TESTBUY_COMPLETE": "bash_complete"}
    assert here(f'catalogue = "{listings}"\n', **shell).stdout == f"plain,{SLUG}\n"
    assert here("catalogue = \n", **shell).stdout.strip() == ""


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_above_the_working_folder_is_refused(testbuy: Run, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "testbuy.toml").write_text("seed = 1\n")
    os.chown(tmp_path / "testbuy.toml", 12345, 12345)
    done = testbuy("config", "show", cwd=inner)
    assert (done.returncode, "belongs to somebody else: name it with --config" in done.stderr) == (2, True)
    assert testbuy("--config", "../testbuy.toml", "config", "show", cwd=inner).stdout == "seed = 1\n"


def test_configuration_imports_no_other_command(tmp_path: Path) -> None:
    (tmp_path / "testbuy.toml").write_text("seed = 1\n[validate]\nall = true\n")
    code = (
        "import sys; from x402_harness.cli.app import app; app(['explain', 'PRICE001'], standalone_mode=False);"
        "print(*(name for name in sys.modules if name.startswith('x402_harness.cli.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "x402_harness.cli.explain" in done.stdout.split()
    assert "x402_harness.cli.validate" not in done.stdout.split()


def test_a_file_that_is_nested_without_end_is_told_to_be(here: Configured) -> None:
    done = here(f"seed = {'[' * 5000}{']' * 5000}\n", "search")
    assert (done.returncode, "testbuy.toml: is nested too deeply" in done.stderr) == (2, True)


def test_check_looks_at_the_variables_of_every_command(here: Configured) -> None:
    around = {"TESTBUY_SEDE": "1", "TESTBUY_STATS_BY": "colour", "TESTBUY_REPORT_SHOW_FORMATS": "json"}
    done = here("", "config", "check", **around)
    assert done.returncode == 2
    assert sorted(done.stderr.splitlines()) == [
        "testbuy: TESTBUY_REPORT_SHOW_FORMATS: there is no such option; did you mean TESTBUY_REPORT_SHOW_FORMAT?",
        "testbuy: TESTBUY_SEDE: there is no such variable; did you mean TESTBUY_SEED?",
        "testbuy: TESTBUY_STATS_BY: 'colour' is not one of 'category', 'network', 'host'.",
    ]
    assert here(None, "config", "check", TESTBUY_DATA="/data", TESTBUY_HOME="/home", TESTBUY_FORCE="1").returncode == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_what_is_no_file_is_not_waited_for(testbuy: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "testbuy.toml")
    done = testbuy("search", cwd=tmp_path)
    assert (done.returncode, "testbuy.toml: is no file" in done.stderr) == (2, True)
    (tmp_path / "testbuy.toml").unlink()
    (tmp_path / "testbuy.toml").mkdir()
    done = testbuy("search", cwd=tmp_path)
    assert (done.returncode, "testbuy.toml: cannot be read: is a directory" in done.stderr) == (2, True)


def test_what_a_file_has_written_stays_in_its_folder_by_whatever_links(here: Configured, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "link").symlink_to(tmp_path)
    (inner / "testbuy.toml").write_text('reports = "link/out"\n')
    done = here(None, "--config", inner / "testbuy.toml", "run", "x")
    assert (done.returncode, "outside of its own folder" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (".".join(["a"] * 500_000) + " = 1\n", "testbuy.toml:1: has more than 1,000 dots in a line"),
        ("".join(f"key-{number} = 1\n" for number in range(60_000)), "testbuy.toml: has more than 1,000 keys"),
        ("".join(f"a{'.a' * 900}.b{number} = 1\n" for number in range(300)), "testbuy.toml: has more than 1,000 keys"),
        ("seed = 0x" + "f" * 1_000_000, "seed: a number of more than 80 digits"),
        ('seed = """' + "\\n" * 400_000 + '"""\n', "testbuy.toml:1:1: seed: expected a whole number"),
        ("seed = [" + "1, " * 300_000 + "]\n", "testbuy.toml:1:1: seed: expected a whole number, not a list"),
    ],
    ids=["a key of many parts", "many keys", "deep tables", "a long number", "a long text", "a long list"],
)  # fmt: skip
def test_a_hostile_file_is_refused_before_it_takes_long(here: Configured, text: str, why: str) -> None:
    done = here(text, "search")
    assert done.returncode == 2
    assert why in done.stderr
    assert len(done.stderr) < 2000


def test_what_is_shown_and_what_is_wrong_look_like_this(
    here: Configured, matches_snapshot: Callable[[str, str], None]
) -> None:
    right = (
        'fail-on = "warning"\ntimeout = 7.5\n\n[run]\nrows = 8\ncategory = ["media", "data"]\n\n'
        '[report.show]\nformat = "json"\n'
    )
    shown = here(right, "config", "show", "--origin", TESTBUY_SEED="7", TESTBUY_STATS_BY="host", TESTBUY_QUIET="yes")
    matches_snapshot("config-show", f"{shown.stdout}--- stderr\n{shown.stderr}--- exit {shown.returncode}\n")
    wrong = right.replace("fail-on", "fail_on").replace("8", '"many"') + '[buy]\nmode = "live"\n'
    checked = here(wrong, "config", "check", TESTBUY_BUY_BUDGET="5")
    matches_snapshot("config-check", f"{checked.stdout}--- stderr\n{checked.stderr}--- exit {checked.returncode}\n")
