"""
Elliptical follow-ups, to learn from: "And for textiles?" behind a question that a row of a table answers.

What such a message asks stands in the question before it, and of whom in itself. They are made from sets whose
questions say which row is their evidence: another row of that table is the evidence then.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from kefu.office.golden_questions.conversation_question import ConversationQuestion
from kefu.router.grounding.evidence_pieces import plain
from kefu.text.language import AnswerLanguage

_ASKED: dict[AnswerLanguage, Sequence[str]] = {
    "en": ("And for {}?", "What about {}?", "and {}", "How about {}?", "and with {}?", "what if it's {}"),
    "zh": ("那{}呢", "{}呢？", "换成{}呢", "要是{}呢？", "那如果是{}", "{}的呢"),
}
_LONGEST: dict[AnswerLanguage, int] = {"en": 32, "zh": 14}
"""Characters of a row's name: nobody types a longer one."""


def elliptical(questions: Sequence[ConversationQuestion], documents: Path) -> list[ConversationQuestion]:
    """The follow-ups that can be made of questions, at most one each. `documents`: their folder."""
    found: list[ConversationQuestion] = []
    for one in questions:
        if one.before or len(one.evidence) != 1 or not one.is_answerable:
            continue
        rows = [row for page in one.documents for row in _beside(one.evidence[0], documents / f"{page}.md")]
        known = [(row, name) for row in rows if 0 < len(name := _name(row)) <= _LONGEST[one.language]]
        others = [(row, name) for row, name in known if name.lower() not in one.text.lower()]
        if others:
            at, asked = len(found), _ASKED[one.language]
            row, name = others[at % len(others)]
            text = asked[at % len(asked)].format(_in_a_sentence(name))
            more = replace(one, text=text, kind="follow_up", before=(one.text,), evidence=(row,))
            found.append(replace(more, must=(), must_not=(), polarity=None, note=""))
    return found


def _beside(row: str, page: Path) -> Iterator[str]:
    """The other rows of the table of a page in which a row stands, without its head; none where it stands in none."""
    table: list[str] = []
    for line in (*page.read_text(encoding="utf-8").splitlines(), ""):
        if line.count("|") >= 2:
            table.append(line.strip())
            continue
        if row.strip() in table[2:]:  # behind the head and the line below it
            yield from (each for each in table[2:] if each != row.strip())
        table = []


def _name(row: str) -> str:
    return plain(row.strip("|").split("|", 1)[0])


def _in_a_sentence(name: str) -> str:
    """A name as it is written within a sentence: "Standard delivery" begins small there, "VAT invoice" does not."""
    return name if any(letter.isupper() for letter in name[1:]) else name[:1].lower() + name[1:]
