"""Code in the documentation, English and Chinese, is read by what it is for. What it does is tested where it runs."""

import json
import re
import shlex
import tomllib
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from typer.main import get_command

from kefu.cli.__main__ import make_app
from kefu.cli.command_group import ListByDefault
from kefu.router.actions.procedures.compiler import check
from tests.unit.router.procedures.test_linter import ACTIONS

ROOT = Path(__file__).parents[3]
_BLOCK = re.compile(r"^( *)```(\w+)[^\n]*\n(.*?)^\1``` *$", re.MULTILINE | re.DOTALL)
_SHELL = ("console", "bash", "sh")
_COMMAND = re.compile(r"(?:^|[|;&(]\s*|\$\s+|=\S* )(?:\.venv/bin/)?kefu((?: [^|;&)#\n]*)?)")
_WORDS = re.compile(r"[a-z][a-z-]*$")


class Block(NamedTuple):
    """A block of code. `place`: its page and line."""

    language: str
    code: str
    place: str


def blocks() -> Iterator[Block]:
    for page in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))):
        text = page.read_text("utf-8")
        for found in _BLOCK.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            code = re.sub(f"^{found[1]}", "", found[3], flags=re.MULTILINE)
            yield Block(found[2], code, f"{page.relative_to(ROOT)}:{line}")


def _json(code: str) -> None:
    try:
        json.loads(code)
    except ValueError:
        json.loads(f"{{{code}}}")  # fields of an object


def _procedure(code: str) -> None:
    assert check(code, ACTIONS) == []


READERS: Mapping[str, Callable[[str], object]] = {
    "json": _json,
    "python": lambda code: compile(code, "a page", "exec", flags=PyCF_ALLOW_TOP_LEVEL_AWAIT),
    "toml": tomllib.loads,
    "yaml": lambda code: list(yaml.safe_load_all(code)),
    "markdown": _procedure,
}
OTHERS = (*_SHELL, "html", "http", "mermaid", "text", "ts", "typescript")
"""Read by test_kefus_commands…, by their pages' own tests, or by people."""


def test_every_block_of_code_is_read_by_what_it_is_for() -> None:
    wrong: list[str] = []
    for block in blocks():
        assert block.language in READERS or block.language in OTHERS, f"{block.place}: what reads {block.language}?"
        try:
            READERS.get(block.language, str)(block.code)
        except (AssertionError, SyntaxError, ValueError, yaml.YAMLError) as error:
            wrong.append(f"{block.place}: {error}")
    assert wrong == []


@cache
def _kefu() -> Any:
    return get_command(make_app())


def _wrong_in(command: str, words: list[str]) -> str:
    """What of a command line is not there: a command or an option; else nothing."""
    at: Any = _kefu()
    options = _options(at)
    for word in words:
        if word.startswith("-") and word not in ("-", "--"):
            if isinstance(at, ListByDefault):
                at = at.commands["list"]
                options |= _options(at)
            name = word.partition("=")[0]
            if name not in options and name not in ("--help", "-h"):
                return f"`kefu {command}` has no option {name}"
        elif (commands := getattr(at, "commands", None)) is not None:
            if word not in commands:
                return "" if at.params and not _WORDS.match(word) else f"`kefu {command}`: there is no command {word}"
            at = commands[word]
            options |= _options(at)
    return ""


def _options(command: Any) -> set[str]:
    return {name for each in command.params for name in (*each.opts, *each.secondary_opts) if name.startswith("-")}


def test_kefus_commands_exist_with_their_options() -> None:
    wrong: list[str] = []
    seen = 0
    for block in blocks():
        if block.language not in _SHELL:
            continue
        for line in block.code.replace("\\\n", " ").splitlines():
            for found in _COMMAND.finditer(line):
                try:
                    words = shlex.split(found[1], comments=True)
                except ValueError:  # what stands in quotes goes on behind the pattern's end
                    words = found[1].split()
                seen += 1
                if problem := _wrong_in(found[1].strip(), words):
                    wrong.append(f"{block.place}: {problem}")
    assert seen > 50
    assert wrong == []


@pytest.mark.parametrize(
    ("command", "problem"),
    [("import . --creat", "no option --creat"), ("sourcs list", "no command sourcs"), ("up", "")],
)
def test_a_wrong_command_is_found(command: str, problem: str) -> None:
    assert problem in _wrong_in(command, command.split())
    assert bool(problem) == bool(_wrong_in(command, command.split()))
