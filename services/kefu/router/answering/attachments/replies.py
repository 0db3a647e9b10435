"""What is said of a message's files: behind an answer, or in place of one."""

import re
from dataclasses import dataclass, replace

from kefu.router.answering.clarification import clarify
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.question import Question
from kefu.router.domain.attachment import AttachmentState
from kefu.router.domain.turn import AnswerSource, FinishReason
from kefu.text.language import AnswerLanguage
from kefu.text.pii import redacted

MOST_QUOTED = 200
"""Characters of what was read that are said again."""
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


def _quoted(words: str) -> str:
    """The beginning of what was read, without personal data and without what a page would take for markup."""
    plain = " ".join(_MARKUP.sub(" ", redacted(words)).split())
    return plain if len(plain) <= MOST_QUOTED else f"{plain[: MOST_QUOTED - 1].rstrip()}…"
