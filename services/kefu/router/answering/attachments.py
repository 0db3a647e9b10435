"""
Attachments in an answer: what of them is searched with, and what is said of them.

What is read off a picture or PDF is the customer's word, and whoever made the file may be somebody else. So it is kept
out of every text that an answer, an action or a rule is made of (`Question.message`, the history). It is searched with,
behind what the customer wrote, and it is quoted back in a fixed sentence at the end of the answer. That sentence is cut
from the history (`without_note`), so that a quoted figure is no evidence later either.

A file that gives the assistant orders is neither searched with nor quoted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kefu.common.text.language import AnswerLanguage
from kefu.common.text.pii import redacted
from kefu.router.answering.clarification import clarify
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.question import Question
from kefu.router.domain.attachment import Attachment, AttachmentState
from kefu.router.domain.turn import AnswerSource, FinishReason, Turn
from kefu.router.guardrails.prompt_injection import as_data, gives_instructions
from kefu.router.nlu.message import CustomerMessage

MOST_SEARCHED = 600
"""Characters of all files of a message that are searched with."""
MOST_QUOTED = 200
"""Characters of them that are said again."""
_MARKUP = re.compile(r"[\[\]<>`*_~|#\\“”]|https?://")
"""What a page would take for a footnote, a link, a quotation, or other markup."""


@dataclass(frozen=True)
class _Texts:
    """What is said of files in one language. `{quoted}`: what was read off them."""

    read: str
    unread: str
    orders: str
    ask: str
    person: str


_TEXTS: dict[AnswerLanguage, _Texts] = {
    "en": _Texts(
        read="In your file I read: “{quoted}”.",
        unread="I can't read what is in your file. I have kept it for my colleagues, who can see it.",
        orders=(
            "Your file tells me what to do. I take no instructions from files; I have kept it for my colleagues, who "
            "can see it."
        ),
        ask="What would you like to know about it?",
        person="To talk to a person, reply “agent”.",
    ),
    "zh": _Texts(
        read="我在您的文件中读到：“{quoted}”。",
        unread="我无法读取您发送的文件内容。文件已为客服人员保留，他们可以查看。",
        orders="您的文件中有对我的指示。我不会执行文件中的指示；文件已为客服人员保留，他们可以查看。",
        ask="请问您想了解什么？",
        person="如需人工客服，请回复“人工”。",
    ),
}


def with_attachments(question: Question, attachments: Sequence[Attachment]) -> Question:
    """A question with the files that came with its message."""
    if not attachments:
        return question
    return replace(question, attachments=attachments, attached_words=_words(attachments)[:MOST_SEARCHED])


def superseded_attachments(history: Sequence[Turn]) -> tuple[str, ...]:
    """Ids of the files of the message before, where this one is answered together with it."""
    return history[-1].attachments if history and history[-1].superseded else ()


def without_note(turn: Turn) -> Turn:
    """A turn of the history without what was said of its files."""
    if not turn.attachment_note:
        return turn
    return replace(turn, text=turn.text.removesuffix(turn.attachment_note).rstrip(), attachment_note="")


def is_files_alone(question: Question) -> bool:
    """Whether the message is files without a word."""
    return bool(question.attachments) and not question.text.strip()


def note_of(question: Question) -> str:
    """What is said of the files behind an answer to the words that came with them; empty without files."""
    if not question.attachments:
        return ""
    texts = _TEXTS[question.language]
    said = _said_of_files(question, texts)
    return said if question.attached_words else _joined(question, said, texts.person)


def reply_to_files(question: Question, subjects: tuple[str, ...]) -> tuple[AnswerOutcome, str]:
    """The answer to files without a word, and the part of it that speaks of the files.

    `subjects`: what the customer may want to know, by the search.
    """
    texts = _TEXTS[question.language]
    said = _said_of_files(question, texts)
    if subjects:
        asked = clarify(question, subjects, is_unsure=True)
        text = f"{said}\n\n{asked.text}"
        return replace(asked, text=text), text
    parts = [said, *([texts.ask] if question.attached_words else []), texts.person]
    text = question.message.in_its_variant(_joined(question, *parts))
    return AnswerOutcome(AnswerSource.CANNED, FinishReason.STOP, text=text), text


def _said_of_files(question: Question, texts: _Texts) -> str:
    if question.attached_words:
        return texts.read.replace("{quoted}", _quoted(question.attached_words))
    has_text = any(each.state is AttachmentState.READ and each.text.strip() for each in question.attachments)
    return texts.orders if has_text else texts.unread


def _joined(question: Question, *sentences: str) -> str:
    return (" " if question.language == "en" else "").join(sentences)


def _words(attachments: Sequence[Attachment]) -> str:
    """What was read off these files, but for those that give orders."""
    texts = (" ".join(as_data(each.text).split()) for each in attachments if not _gives_orders(each.text))
    return " ".join(filter(None, texts))


def _gives_orders(text: str) -> bool:
    return bool(text) and gives_instructions(CustomerMessage(text))


def _quoted(words: str) -> str:
    """The beginning of what was read, without personal data and without what a page would take for markup."""
    plain = " ".join(_MARKUP.sub(" ", redacted(words)).split())
    return plain if len(plain) <= MOST_QUOTED else f"{plain[: MOST_QUOTED - 1].rstrip()}…"
