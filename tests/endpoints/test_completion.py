"""Completion: a shell that has read what `completion` prints knows every command and flag, and the words of choices."""

from __future__ import annotations

import argparse
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from temporal_endpoints.cli import main, parser

SHELLS = ("bash", "zsh", "fish")
BASH = shutil.which("bash") or "/bin/bash"
# Calls the function that completes, as bash does when the tabulator key is pressed, and prints what it offers.
ASK = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
function_name=$(complete -p temporal-endpoints | sed -E 's/.* -F ([^ ]+) .*/\\1/')
"$function_name" "$1" "${@: -1}" "${@: -2:1}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What is printed for a shell."""
    capsys.readouterr()
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command with its parser."""
    for action in parser()._actions:  # noqa: SLF001 - argparse has no other way to look at them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            yield from action.choices.items()


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_and_flag_is_known(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """None is forgotten, in the way in which the shell writes it."""
    text = script(shell, capsys)
    found = dict(commands())
    assert len(found) > 10
    for name, command in found.items():
        assert name in text
        for action in command._actions:  # noqa: SLF001 - as above
            for flag in (each for each in action.option_strings if each.startswith("--")):
                assert (flag.removeprefix("--") if shell == "fish" else flag) in text, (name, flag)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("cre",), ("create-endpoint",)),
        (("create-endpoint", "--temporal-t"), ("--temporal-task-queue",)),
        (("get", "--output", ""), ("table", "json", "yaml")),
        (("diff", "--fi"), ("--file",)),
        (("completion", ""), ("bash", "zsh", "fish")),
    ],
    ids=str,
)
def test_bash_offers_what_fits(
    words: tuple[str, ...], offered: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A real bash completes a command, a flag, and the words that a flag or an argument takes."""
    file = tmp_path / "completion.bash"
    file.write_text(script("bash", capsys), encoding="utf-8")
    asked = subprocess.run(
        [BASH, "--norc", "-c", ASK, "bash", file, "temporal-endpoints", *words],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert set(offered) <= set(asked.stdout.split()), asked.stderr


def test_another_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The message names those that are served."""
    with pytest.raises(SystemExit):
        main(["completion", "cmd"])
    assert "bash" in capsys.readouterr().err
