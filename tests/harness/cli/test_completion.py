"""Completion in the shells themselves, where they are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SLUG = "api-venice-ai-api-v1-images-generations"
# Each fills in the line "testbuy ..." as a person who presses Tab does, and prints what is offered.
BASH = """
eval "$(testbuy completion bash)"
COMP_WORDS=(testbuy "$@")
COMP_CWORD=$#
_testbuy_completion testbuy
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = """
testbuy completion fish | source
complete --do-complete "testbuy $argv"
"""
# zsh completes in an editor only: a shell in a pseudo-terminal is given the line and Tab, then tells the line.
ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1=; autoload -Uz compinit; compinit -u -D; eval "$(testbuy completion zsh)"'
zpty -w shell 'tell() { print -r -- "<$BUFFER>" }; zle -N tell; bindkey "^I" complete-word "^Y" tell; echo rea""dy'
zpty -r -m shell REPLY '*ready*'
zpty -w -n shell "testbuy $*"$'\\t\\C-y'
zpty -r -m shell REPLY '*<testbuy *>*'
print -r -- "$REPLY"
zpty -d shell
"""


@pytest.fixture
def programs(tmp_path: Path) -> dict[str, str]:
    """An environment in which ``testbuy`` is this program."""
    command = tmp_path / "bin" / "testbuy"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m x402_harness "$@"\n')
    command.chmod(0o755)
    own = {"PATH": f"{command.parent}:{os.environ['PATH']}", "HOME": str(tmp_path), "TERM": "dumb"}
    return {**{name: value for name, value in os.environ.items() if not name.startswith("TESTBUY_")}, **own}


def offered(shell: str, script: str, programs: dict[str, str], root: Path, *words: str) -> str:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    path = Path(programs["HOME"]) / f"script.{shell}"
    path.write_text(script)
    done = subprocess.run([shell, path, *words], cwd=root, env=programs, capture_output=True, text=True, timeout=60,
                          check=False)  # fmt: skip
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(("shell", "script"), [("bash", BASH), ("fish", FISH), ("zsh", ZSH)])
def test_a_shell_offers_commands_options_and_slugs(
    shell: str, script: str, programs: dict[str, str], root: Path
) -> None:
    def told(*words: str) -> str:
        return offered(shell, script, programs, root, *words)

    assert "validate" in told("val")
    assert "--per-call-max" in told("run", "--per-c")
    assert SLUG in told("show", "api-ven")
    assert "mock" in told("buy", "--mode", "mo")
