"""What is written about the project is true of it."""

from __future__ import annotations

import importlib.util
import re
import tomllib

import pytest


@pytest.fixture(scope="module")
def generator(root):
    """The module that writes the generated documents."""
    spec = importlib.util.spec_from_file_location("generate", root / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATED = [
    "rules.md", "commands.md", "faults.md", "configuration.md", "testbuy.schema.json", "tutorial-agent.md",
    "tutorial-catalogue.md", "tutorial-seller.md",
]  # fmt: skip


@pytest.mark.parametrize("path", [*(f"docs/{name}" for name in GENERATED), "README.md"])
def test_a_generated_document_is_up_to_date(path, generator, root):
    written = (root / path).read_text(encoding="utf-8")
    assert written == generator.documents()[path], "run: python docs/generate.py"


def test_every_output_of_a_tutorial_is_one_that_a_test_has_pinned(root):
    for page in root.glob("docs/tutorial-*.md"):
        text = page.read_text(encoding="utf-8")
        assert text.count("<!-- output: ") == len(re.findall(r"^```\n\$ ", text, flags=re.M)) > 0


def test_links_between_documents_lead_somewhere(root):
    for page in [*root.glob("*.md"), *root.glob("docs/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_readme_has_one_command_for_each_purpose(root):
    commands = re.findall(r"^python3 -m venv .*$", (root / "README.md").read_text(encoding="utf-8"), flags=re.M)
    assert len(commands) == 2
    assert commands[0].endswith("testbuy run listings/")
    assert commands[1].endswith("pytest -n auto")


def test_the_sample_report_shows_the_listings_of_today(root, listings):
    page = (root / "reports" / "sample" / "report.html").read_text(encoding="utf-8")
    for listing in listings.glob("*.json"):
        assert listing.stem in page


def test_the_version_stands_in_the_changelog(root):
    from x402_catalog import __version__

    assert f"## {__version__}" in (root / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_module_folder_is_in_the_architecture(root):
    page = (root / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for package in ("catalog/x402_catalog", "harness/x402_harness"):
        for folder in (path for path in (root / package).iterdir() if path.is_dir()):
            if folder.name[0] not in "._" and folder.name != "schemas":
                assert folder.name in page, f"{folder.name} is not in ARCHITECTURE.md"


def test_public_dependencies_have_lower_bounds(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert all(">=" in dependency for dependency in project["dependencies"])
