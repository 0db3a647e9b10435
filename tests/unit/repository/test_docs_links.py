"""What pages in Markdown name is there: files, headings, paths, modules to run, commands of `kefu`, targets of make."""

import importlib.util
import os
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer
from markdown_it import MarkdownIt
from markdown_it.token import Token

from kefu.cli.__main__ import make_app

ROOT = Path(__file__).parents[3]
_LEFT_OUT = {"node_modules", "build", "__pycache__"}
_COMMANDS_IN = ("README*.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "loadtest/README.md")
_EVALUATION = ("kefu.cli.commands.eval", "kefu.cli.commands.eval.retrieval", "kefu.cli.eval")
"""Where the commands of `kefu eval` may be; `kefu` itself loads them when they are called."""
_SHELL = {"", "console", "sh", "bash", "shell", "text"}
_AT_COMMAND = r"(?:^|\$\(|[|;&]\s)\s*(?:\$ )?(?:[A-Z_]+=\S* +)*(?:timeout \S+ )?(?:\S*\.venv/bin/)?"
_COMMAND = re.compile(_AT_COMMAND + r"kefu +")
_MAKE = re.compile(_AT_COMMAND + r"make +([a-z0-9][a-z0-9-]*)")
_MODULE = re.compile(r"python3? -m ([A-Za-z_][\w.]*)(…)?")
_PATH = re.compile(r"(?:services|tests|loadtest|deploy|k8s|protos|docs)/[\w./-]*\w/?")
_MADE_WHERE_IT_RUNS = {"deploy/secrets", "deploy/router.env"}
_END_OF_COMMAND = re.compile(r"\s[|;&>#]|\s\s|\)|$")
_markdown = MarkdownIt("commonmark").enable("table")


def all_pages() -> list[str]:
    """Every page in Markdown of the repository, by its path."""
    pages: list[str] = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [
            name for name in folders if name not in _LEFT_OUT and (not name.startswith(".") or name == ".github")
        ]
        pages += [str((Path(folder) / name).relative_to(ROOT)) for name in files if name.endswith(".md")]
    return sorted(pages)


def pages_with_commands() -> list[str]:
    """The pages that say what to type."""
    folders = [page for folder in ("docs", "k8s", "deploy") for page in (ROOT / folder).rglob("*.md")]
    single = [page for pattern in _COMMANDS_IN for page in ROOT.glob(pattern)]
    return sorted(str(page.relative_to(ROOT)) for page in folders + single)


# What a page holds.


def walked(tokens: list[Token]) -> Iterator[Token]:
    """Tokens, and those inside them."""
    for token in tokens:
        yield token
        if token.children:
            yield from walked(token.children)


def anchors(text: str) -> set[str]:
    """What GitHub makes of the headings, for links to them."""
    found: set[str] = set()
    tokens = _markdown.parse(text)
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            title = "".join(part.content for part in inline.children or [])
            slug = base = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
            number = 0
            while slug in found:
                number += 1
                slug = f"{base}-{number}"
            found.add(slug)
        elif opening.type in ("html_block", "inline"):
            found |= set(re.findall(r'<a (?:id|name)="([^"]+)"', opening.content))
    return found


def links(text: str) -> list[str]:
    """Targets of links and pictures, those in HTML too."""
    found: list[str] = []
    for token in walked(_markdown.parse(text)):
        if token.type in ("link_open", "image"):
            found.append(str(token.attrs.get("href") or token.attrs.get("src") or ""))
        elif token.type in ("html_block", "html_inline"):
            found += re.findall(r'(?:href|src)="([^"]+)"', token.content)
    return found


def code_lines(text: str) -> list[list[str]]:
    """Lines of code: one of a block each, and the code spans of a line of prose together."""
    found: list[list[str]] = []
    for token in walked(_markdown.parse(text)):
        if token.type == "code_block" or (token.type == "fence" and token.info.strip() in _SHELL):
            found += [[line] for line in re.sub(r"\\\n\s*", "", token.content).splitlines()]
        elif token.type == "inline":
            line: list[str] = []
            for part in token.children or []:
                if part.type in ("softbreak", "hardbreak"):
                    found.append(line)
                    line = []
                elif part.type == "code_inline":
                    line.append(part.content)
            found.append(line)
    return [line for line in found if line]


# What is there.


def command_line() -> Any:
    """`kefu` as click sees it, with the commands of `kefu eval`."""
    root: Any = typer.main.get_command(make_app())
    for name in _EVALUATION:
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        if hasattr(module, "app"):
            root.commands["eval"] = typer.main.get_command(module.app)
            break
    else:
        raise AssertionError(f"the commands of `kefu eval` are in none of {_EVALUATION}")
    return root


def options_of(command: Any) -> set[str]:
    """Names of a command's options."""
    return {"--help"} | {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}


def is_module_to_run(name: str) -> bool:
    """Whether `python -m name` would find something."""
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
    except ModuleNotFoundError:
        return False
    return spec is not None


def make_targets() -> set[str]:
    """Targets of the Makefile."""
    return set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


# What is wrong with a page.


def wrong_links(page: Path) -> list[str]:
    """Links of a page that lead nowhere."""
    wrong: list[str] = []
    for link in links(page.read_text("utf-8")):
        if re.match(r"[a-z][a-z0-9+.-]*:|//", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            wrong.append(f"{link}: there is no such file")
        elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text("utf-8")):
            wrong.append(f"{link}: there is no such heading")
    return wrong


def wrong_modules(text: str) -> list[str]:
    """Modules that a page would have run, and that are not there."""
    named = {module.rstrip(".") for module, more in _MODULE.findall(text) if not more}
    return sorted(f"python -m {module}" for module in named if not is_module_to_run(module))


def wrong_paths(text: str) -> list[str]:
    """Files and folders of the repository that a page names in code, and that are not there."""
    named = {span for line in code_lines(text) for span in line if _PATH.fullmatch(span)}
    return sorted(path for path in named - _MADE_WHERE_IT_RUNS if not (ROOT / path).exists())


def wrong_commands(text: str, root: Any) -> list[str]:
    """Commands and options of `kefu`, and targets of make, that a page names and that are not there."""
    wrong: list[str] = []
    targets = make_targets()
    for line in code_lines(text):
        last: Any = None
        for span in line:
            wrong += [f"make {target}" for target in _MAKE.findall(span) if target not in targets]
            for start in _COMMAND.finditer(span):
                last = _wrong_words(span[start.end() :], root, wrong)
            if (
                last is not None
                and (option := re.match(r"(--[a-z][a-z-]*)", span))
                and option[1] not in options_of(last)
            ):
                wrong.append(f"{option[1]}, after kefu {last.name}")
            if not span.startswith(("kefu", "-")):
                last = None
    return wrong


def _wrong_words(words: str, root: Any, wrong: list[str]) -> Any:
    """What `words` after `kefu` name: the command; what is not there goes into `wrong`."""
    typed = words[: end.start()].split() if (end := _END_OF_COMMAND.search(words)) else words.split()
    command, path = root, ["kefu"]
    while typed and hasattr(command, "commands") and re.fullmatch(r"[a-z][a-z-]*", typed[0]):
        if typed[0] not in command.commands:
            wrong.append(" ".join([*path, typed[0]]))
            return None
        command = command.commands[typed[0]]
        path.append(typed.pop(0))
    if typed and "list" in getattr(command, "commands", {}):
        command = command.commands["list"]  # see ListByDefault
    for word in typed:
        option = re.fullmatch(r"(--[a-z][a-z-]*|-[a-zA-Z])(?:=.*)?", word.strip("\"'`,.;:"))
        if option and option[1] not in options_of(command):
            wrong.append(" ".join([*path, option[1]]))
    return command


def wrong_on_pages(wrong: Callable[[str], list[str]]) -> dict[str, list[str]]:
    """What is wrong with the pages that say what to type, by page."""
    found = {page: wrong((ROOT / page).read_text("utf-8")) for page in pages_with_commands()}
    assert len(found) > 100
    return {page: lines for page, lines in found.items() if lines}


# The claims.


@pytest.fixture(scope="module")
def kefu() -> Any:
    return command_line()


def test_every_link_of_a_page_leads_to_a_file_and_a_heading_that_exist() -> None:
    # In one test: most of the two thousand pages are those of test sets.
    wrong = {page: wrong_links(ROOT / page) for page in all_pages()}
    assert {page: links for page, links in wrong.items() if links} == {}


def test_every_module_that_a_page_would_have_run_exists() -> None:
    assert wrong_on_pages(wrong_modules) == {}


def test_every_path_of_the_repository_that_a_page_names_exists() -> None:
    assert wrong_on_pages(wrong_paths) == {}


def test_every_command_that_a_page_names_exists_with_its_options(kefu: Any) -> None:
    assert wrong_on_pages(lambda text: wrong_commands(text, kefu)) == {}


def test_wrong_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text(
        "# Other: a `page`\n\n## Twice\n\n## Twice\n\n## 中文 标题\n\n```\n# no heading\n```\n"
    )
    page = tmp_path / "page.md"
    page.write_text(
        "# Page\n\n[1](other.md) [2](other.md#other-a-page) [3](other.md#twice-1) [4](other.md#中文-标题) [5](#page)\n"
        "[6](https://example.com/gone.md) `[7](code.md)`\n\n[a](gone.md) [b](other.md#no-heading) [c](#gone)\n"
        '![d](gone.png) [e][reference]\n\n<img src="gone.svg">\n\n[reference]: gone/folder\n\n'
        "| table |\n|---|\n| [f](other.md#twice-2) |\n"
    )
    assert wrong_links(page) == [
        "gone.md: there is no such file",
        "other.md#no-heading: there is no such heading",
        "#gone: there is no such heading",
        "gone.png: there is no such file",
        "gone/folder: there is no such file",
        "gone.svg: there is no such file",
        "other.md#twice-2: there is no such heading",
    ]


def test_modules_that_are_not_there_are_found() -> None:
    text = "python -m kefu.router, python -m kefu.gone, python -m kefu.common, python -m json.tool, python -m tests.…"
    assert wrong_modules(text) == ["python -m kefu.common", "python -m kefu.gone"]


def test_paths_that_are_not_there_are_found() -> None:
    text = "`services/kefu/common`, `docs/index.md`, `tests/unit/test_gone.py`, `kefu/gone`, `k8s/gone/`, `k8s/*`"
    assert wrong_paths(text) == ["k8s/gone/", "tests/unit/test_gone.py"]


def test_commands_that_are_not_there_are_found(kefu: Any) -> None:
    good = """
`kefu`, `kefu up --detach`, `kefu sessions --limit 3` and `kefu eval answers DIR --first 100`; `kefu import` takes
`--delete`; `kubectl -n kefu create secret`; `make`, `make demo`; nothing of `--this`.

```console
$ KEFU_LOG_LEVEL=debug .venv/bin/kefu ask "How long?" --json | jq .text     # --no-option
$ eval "$(kefu env)"
$ kefu import ~/help-centre --collection help \\
    --create
```

```python
kefu wrong
```
"""
    assert wrong_commands(good, kefu) == []
    bad = """
`kefu sing`, `kefu sessions sing`, `kefu up --sing`, `kefu eval sing`, `make music`; `kefu import` takes `--sing`.

```console
$ eval "$(kefu sang)" && kefu ask --sang "x"
$ kefu import a \\
    --sung
$ make song
```

    kefu down --song
"""
    assert wrong_commands(bad, kefu) == [
        "kefu sing",
        "kefu sessions sing",
        "kefu up --sing",
        "kefu eval sing",
        "make music",
        "--sing, after kefu import",
        "kefu sang",
        "kefu ask --sang",
        "kefu import --sung",
        "make song",
        "kefu down --song",
    ]
