"""What of a message's files a search is given, and what of earlier ones stays out of the history."""

from collections.abc import Sequence
from dataclasses import replace

from kefu.router.answering.question import Question
from kefu.router.domain.attachment import Attachment
from kefu.router.domain.turn import Turn
from kefu.router.guardrails.prompt_injection import as_data, gives_instructions
from kefu.router.nlu.message import CustomerMessage

MOST_SEARCHED = 600
"""Characters of all files of a message that are searched with."""


def with_attachments(question: Question, attachments: Sequence[Attachment]) -> Question:
    """A question with the files that came with its message."""
    if not attachments:
        return question
    return replace(question, attachments=attachments, attached_words=_words(attachments)[:MOST_SEARCHED])


def superseded_attachments(history: Sequence[Turn]) -> tuple[str, ...]:
    """Ids of the files of the messages before that are answered together with this one."""
    return history[-1].all_attachments if history and history[-1].superseded else ()


def without_note(turn: Turn) -> Turn:
    """A turn of the history without what was said of its files."""
    return replace(turn, text=turn.own_text, attachment_note="") if turn.attachment_note else turn


def is_files_alone(question: Question) -> bool:
    """Whether the message is files without a word."""
    return bool(question.attachments) and not question.text.strip()


def _words(attachments: Sequence[Attachment]) -> str:
    """What was read off these files, but for those that give orders."""
    texts = (" ".join(as_data(each.text).split()) for each in attachments if not _gives_orders(each.text))
    return " ".join(filter(None, texts))


def _gives_orders(text: str) -> bool:
    return bool(text) and gives_instructions(CustomerMessage(text))
