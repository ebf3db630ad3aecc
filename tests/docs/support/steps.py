"""A small runner of steps: what GitHub's does with a composite action or a job, as far as a machine alone can."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_COMMAND = re.compile(r"::(?P<name>[\w-]+)(?: (?P<with>[^:]*(?:::?[^:]+)*?))?::(?P<data>.*)")


def document(path: Path) -> dict[str, Any]:
    """A YAML file as plain Python."""
    found: dict[str, Any] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return found


@dataclass
class Job:
    """A fresh home, a folder to work in, and what steps have left so far."""

    home: Path
    folder: Path
    inputs: dict[str, str] = field(default_factory=dict)
    action: str = ""
    path: tuple[Path, ...] = ()
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    used: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    said: str = ""
    failed: bool = False
    _begun: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("temp", "bin"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        (self.home / "bin" / "python").symlink_to(sys.executable)

    @property
    def summary(self) -> str:
        """The summary of the job."""
        path = self.home / "summary"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def commands(self) -> list[tuple[str, str, str]]:
        """The workflow commands that were obeyed: name, properties, text."""
        found, stopped = [], ""
        for line in self.said.splitlines():
            match = _COMMAND.match(line.strip())
            if match is None or (stopped and match["name"] != stopped):
                continue
            if match["name"] == "stop-commands":
                stopped = match["data"]
            elif match["name"] == stopped:
                stopped = ""
            else:
                found.append((match["name"], match["with"] or "", match["data"]))
        return found

    def run(self, steps: list[dict[str, Any]]) -> Job:
        """Run steps in order; after one that failed only those that always run."""
        try:
            for step in steps:
                self._step(step)
        finally:
            for group in self._begun:  # what a step left running ends with the job
                with suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGTERM)
        return self

    def _step(self, step: dict[str, Any]) -> None:
        if not self._is_due(str(step.get("if", ""))):
            return
        if "uses" in step:
            given = {name: self.expanded(str(value)) for name, value in step.get("with", {}).items()}
            self.used.append((step["uses"], given))
        else:
            self._shell(step)

    def _is_due(self, condition: str) -> bool:
        parts = [part.strip() for part in condition.split("&&")] if condition else []
        if self.failed and "always()" not in parts:
            return False
        return all(self._holds(part) for part in parts if part != "always()")

    def _holds(self, part: str) -> bool:
        left, sign, right = part.partition(" == ")
        assert sign, f"{part} is no comparison that this runner knows"
        return self._value(left) == right.strip("'")

    def _shell(self, step: dict[str, Any]) -> None:
        script = self.home / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        output = self.home / "output"
        output.write_text("")
        said = self.home / "said"
        with said.open("w") as out:
            process = subprocess.Popen(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)], cwd=self.folder, stdout=out,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
                env=self._environment(step.get("env", {})),
            )  # fmt: skip
            self._begun.append(process.pid)
            code = process.wait(240)
        self.said += said.read_text(encoding="utf-8")
        self.failed = self.failed or code != 0
        if "id" in step:
            self.outputs[step["id"]] = _outputs(output.read_text(encoding="utf-8"))

    def _environment(self, given: dict[str, Any]) -> dict[str, str]:
        places = (*self.path, self.home / "bin", Path("/usr/bin"), Path("/bin"))
        around = {
            "HOME": str(self.home), "PATH": os.pathsep.join(map(str, places)), "LANG": "C.UTF-8",
            "RUNNER_TEMP": str(self.home / "temp"), "GITHUB_OUTPUT": str(self.home / "output"),
            "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(self.folder),
            "GITHUB_STEP_SUMMARY": str(self.home / "summary"),
        }  # fmt: skip
        return around | {name: self.expanded(str(value)) for name, value in given.items()}

    def expanded(self, text: str) -> str:
        """The text with its expressions' values."""
        return _EXPRESSION.sub(lambda match: self._value(match[1]), text)

    def _value(self, expression: str) -> str:
        if expression == "github.action_path":
            return self.action
        place, _, name = expression.partition(".")
        if place == "inputs":
            return self.inputs[name]
        step, _, output = name.partition(".outputs.")
        assert place == "steps", f"{expression} is unknown to this runner"
        return self.outputs.get(step, {}).get(output, "")


def _outputs(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, sign, end = line.partition("<<")
        if not sign:
            name, _, value = line.partition("=")
            found[name] = value
            continue
        kept: list[str] = []
        for more in lines:
            if more == end:
                break
            kept.append(more)
        found[name] = "\n".join(kept)
    return found
