"""
A page of a procedure, Markdown to steps; the format is described in docs/guides/procedures.md.

markdown-it-py reads the page as CommonMark; `sentences` reads each entry of its lists. Nothing is guessed: what is not
understood is a finding, with its line.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from markdown_it import MarkdownIt
from markdown_it.token import Token

from kefu.router.actions.procedures.findings import Finding
from kefu.router.actions.procedures.procedure import Ask, If, Page, Step, walk
from kefu.router.actions.procedures.sentences import SentenceError, never_of, occasion_of, option_of, step_of, titles_of
from kefu.text.language import AnswerLanguage

_T = TypeVar("_T")
MAX_CHARACTERS = 40_000
_MOST_STEPS, _MOST_ENTRIES = 200, 1_000
_SECTIONS = {
    "when": "when",
    "何时": "when",
    "适用": "when",
    "steps": "steps",
    "步骤": "steps",
    "never": "never",
    "禁止": "never",
    "notes": "notes",
    "说明": "notes",
}
_NO_SECTION = 'there is no section “{}”: they are "When", "Steps", "Never" and "Notes" (何时、步骤、禁止、说明)'


@dataclass
class _Entry:
    """An entry of a list, with those of the lists below it."""

    line: int
    sentence: str = ""
    below: list["_Entry"] = field(default_factory=list["_Entry"])


def read_page(text: str) -> tuple[Page, list[Finding]]:
    """The page, as far as it is understood, and what is not."""
    if len(text) > MAX_CHARACTERS:
        return Page({}), [Finding(1, f"The page has more than {MAX_CHARACTERS} characters.")]
    return _Reader().read(text)


class _Reader:
    """Reads one page."""

    def __init__(self) -> None:
        self._findings: list[Finding] = []

    def read(self, text: str) -> tuple[Page, list[Finding]]:
        titles: dict[AnswerLanguage, str] = {}
        sections: dict[str, list[_Entry]] = {"when": [], "steps": [], "never": [], "notes": []}
        section, title_line = "", 1
        tokens = MarkdownIt("commonmark").parse(text)
        for at, token in enumerate(tokens):
            if token.type == "heading_open":
                heading, line = tokens[at + 1].content.strip(), _line(token)
                if token.tag == "h1":
                    title_line, titles = line, dict(self._read_by(line, titles_of, heading) or {})
                    continue
                section = _SECTIONS.get(heading.casefold(), "")
                if not section:
                    self._wrong(line, _NO_SECTION.format(heading[:60]))
            elif token.type in ("bullet_list_open", "ordered_list_open") and token.level == 0 and section:
                sections[section] += _entries(tokens, at)
        if not titles:
            self._wrong(title_line, 'the page has no title: a first line such as "# Cancel an order / 取消订单"')
        if sum(each.type == "list_item_open" for each in tokens) > _MOST_ENTRIES:
            self._wrong(1, f"the page has more than {_MOST_ENTRIES} entries of lists")
            return Page(titles), self._findings
        page = self._when(replace(Page(titles), steps=self._steps(sections["steps"])), sections["when"])
        never = [
            found
            for each in sections["never"]
            if (found := self._read_by(each.line, partial(never_of, each.line), each.sentence)) is not None
        ]
        if len(list(walk(page.steps))) > _MOST_STEPS:
            self._wrong(1, f"the page has more than {_MOST_STEPS} steps")
        return replace(page, never=tuple(never)), sorted(self._findings)

    def _when(self, page: Page, entries: Sequence[_Entry]) -> Page:
        actions, intents, examples = list[tuple[int, str]](), list[tuple[int, str]](), list[tuple[int, str]]()
        for each in entries:
            action, intent, messages = self._read_by(each.line, occasion_of, each.sentence) or ("", "", ())
            actions += [(each.line, action)] if action else []
            intents += [(each.line, intent)] if intent else []
            examples += [(each.line, message) for message in messages]
        return replace(page, when_actions=tuple(actions), intents=tuple(intents), examples=tuple(examples))

    def _steps(self, entries: Sequence[_Entry]) -> tuple[Step, ...]:
        steps = list[Step]()
        for entry in entries:
            found = self._read_by(entry.line, partial(step_of, entry.line), entry.sentence)
            if found is None:
                self._steps(entry.below)  # what else is wrong is said as well
                continue
            step, above = found
            if isinstance(step, If) and above == "otherwise":
                self._add_otherwise(steps, entry, step)
            elif isinstance(step, If) and not step.then:
                steps.append(replace(step, then=self._below(entry)))
            elif isinstance(step, Ask) and above == "ask":
                steps.append(self._with_options(step, entry))
            else:
                steps.append(step)
                if entry.below:
                    self._wrong(entry.below[0].line, "nothing may stand below this step: only below an If or Otherwise")
        return tuple(steps)

    def _below(self, entry: _Entry) -> tuple[Step, ...]:
        if not entry.below:
            self._wrong(entry.line, "nothing stands below it: what is to be done then goes into a list below")
        return self._steps(entry.below)

    def _add_otherwise(self, steps: list[Step], entry: _Entry, otherwise: If) -> None:
        before = steps[-1] if steps else None
        if not isinstance(before, If) or before.otherwise:
            self._wrong(entry.line, "an Otherwise stands right behind an If at the same depth")
            return
        steps[-1] = replace(before, otherwise=otherwise.then or self._below(entry))

    def _with_options(self, step: Ask, entry: _Entry) -> Ask:
        read = [self._read_by(each.line, option_of, each.sentence) for each in entry.below]
        options = [each for each in read if each is not None]
        assert step.input is not None  # noqa: S101 - an Ask of the page's own
        if not step.input.questions:
            self._wrong(entry.line, 'there is no question: Ask for `reason`: "Why?" / "为什么？"')
        if not options:
            return step
        return replace(step, input=replace(step.input, options=dict(options), max_characters=0, pattern=""))

    def _read_by(self, line: int, read: Callable[[str], _T], sentence: str) -> _T | None:
        """What a sentence is read as; where it is not understood there is a finding instead."""
        try:
            return read(sentence)
        except SentenceError as wrong:
            self._wrong(line, str(wrong))
            return None

    def _wrong(self, line: int, what: str) -> None:
        self._findings.append(Finding(line, f"{what[0].upper()}{what[1:]}."))


def _entries(tokens: Sequence[Token], at: int) -> Iterator[_Entry]:
    """The entries of the list that opens at a token, with all below them."""
    open_entries: list[_Entry] = []
    for token in tokens[at:]:
        if token.type == "list_item_open":
            entry = _Entry(_line(token))
            if open_entries:
                open_entries[-1].below.append(entry)
            open_entries.append(entry)
        elif token.type == "list_item_close":
            entry = open_entries.pop()
            if not open_entries:
                yield entry
        elif token.type == "inline" and open_entries:
            open_entries[-1].sentence = f"{open_entries[-1].sentence} {' '.join(token.content.split())}".strip()
        elif not open_entries and token.level == tokens[at].level and token.type.endswith("_list_close"):
            return


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1
