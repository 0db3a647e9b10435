"""Questions for load tests: thousands of distinct ones in both languages, always the same in the same order.

Templates make them from the sample knowledge base: every article's title and sections. No two are equal, so that no
cache of questions, embeddings or answers makes a run look better than it is. Those that read like a customer's own case
("My refund has not arrived") are left out: they call a person, not the model.
"""

import random
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

import kefu
from kefu.router.nlu.message import CustomerMessage
from kefu.router.nlu.own_case import LEAST_SCORE

_TEMPLATES = {
    "en": (
        "I have a question about “{title}”: {section}?",
        "{title} - what are the rules for “{section}”?",
        "Could you explain “{section}” to me? It is about: {title}.",
        "What should I know about {section} ({title})?",
        "{section}: how does that work? I mean “{title}”.",
        "Please tell me about {title}, in particular “{section}”.",
    ),
    "zh": (
        "我想了解“{title}”里的“{section}”，请说明一下。",
        "关于{title}：{section}是怎么规定的？",
        "请问{title}中“{section}”具体是什么意思？",
        "{title}，其中{section}需要注意什么？",
        "麻烦介绍一下{section}，是{title}方面的。",
        "{section}怎么办理？我问的是{title}。",
    ),
}
_FOLLOW_UPS = {
    "en": ("And what about “{section}”?", "Thanks. And how does “{section}” work?", "What about that: {section}?"),
    "zh": ("那“{section}”呢？", "谢谢，还有{section}是怎样的？", "另外，{section}呢？"),
}


class Subject(NamedTuple):
    """One section of one article."""

    language: str
    """en or zh."""
    title: str
    section: str
    siblings: tuple[str, ...]
    """The article's other sections, for follow-up questions."""


def help_center() -> Path:
    """The sample knowledge base's folder of articles."""
    return Path(kefu.__file__).parent / "sample" / "help_center"


def read_subjects(folder: Path | None = None) -> list[Subject]:
    """Every section of every article below `folder`, which has a folder for each language."""
    found: list[Subject] = []
    folder = folder or help_center()
    for language in sorted(_TEMPLATES):
        for path in sorted((folder / language).rglob("*.md")):
            title, sections = "", list[str]()
            for line in path.read_text("utf-8").splitlines():
                if line.startswith("# ") and not title:
                    title = line[2:].strip()
                elif line.startswith("## "):
                    sections.append(line[3:].strip().rstrip("?？"))
            for section in sections:
                others = tuple(other for other in sections if other != section)
                found.append(Subject(language, title, section, others))
    return found


class Question(NamedTuple):
    """A question, and follow-up questions for the same conversation."""

    text: str
    follow_ups: tuple[str, ...]


def make_questions(seed: int = 0) -> list[Question]:
    """All questions, none twice, shuffled by `seed`."""
    shuffle = random.Random(seed)
    made: dict[str, Question] = {}
    for subject, number in product(read_subjects(), range(max(map(len, _TEMPLATES.values())))):
        templates = _TEMPLATES[subject.language]
        text = templates[number % len(templates)].format(title=subject.title, section=subject.section)
        if CustomerMessage(text).own_case_score >= LEAST_SCORE:
            continue
        follow_ups = _FOLLOW_UPS[subject.language]
        made.setdefault(
            text,
            Question(
                text,
                tuple(
                    follow_ups[(number + place) % len(follow_ups)].format(section=section)
                    for place, section in enumerate(subject.siblings)
                ),
            ),
        )
    shuffled = list(made.values())
    shuffle.shuffle(shuffled)
    return shuffled


def endless_questions(seed: int = 0) -> Iterator[Question]:
    """The questions in turn. After the last one all come again, with a number that keeps each distinct."""
    distinct = make_questions(seed)
    lap = 0
    while True:
        for question in distinct:
            yield question if lap == 0 else Question(f"{question.text} ({lap + 1})", question.follow_ups)
        lap += 1
