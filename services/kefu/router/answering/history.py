"""The history that a question may lean on: "and how long for furniture?", "那退款呢"."""

import re
from collections.abc import Sequence

from kefu.common.text.linear_pattern import LinearPattern
from kefu.router.domain.turn import AnswerSource, Pending, Turn
from kefu.router.grounding.own_words import own_words

_QUOTED = LinearPattern(r"“([^“”\n]*)”")
_LETTER = re.compile(r"[^\W_]")
_QUOTATION = LinearPattern(r"(?m)(?:[^.!?。！？\]\n:：“]{0,40}[:：]\s?|^)“[^“”\n]*”(?:\s?\[\d+\])?")
"""As `grounding/quotation` writes one, however short what it quotes."""
_MOST_TURNS_PENDING = 3
NOT_LOOKED_UP = (AnswerSource.CANNED, AnswerSource.REFUSED, AnswerSource.PERSON, AnswerSource.ACTION)
"""Sources of turns that were no question to the knowledge base, or found no answer there."""


def previous_question(history: Sequence[Turn]) -> str:
    """The last question that was searched or asked of a person, or an empty text.

    The search decides whether the present question leans on it. A question that leaned on another, or chose among
    subjects ("2"), says little without it: its query holds both.
    """
    for turn in reversed(history):
        if turn.completed is None or turn.completed.source not in NOT_LOOKED_UP:
            return turn.query or turn.full_question
    return ""


def was_asked_back(history: Sequence[Turn]) -> bool:
    """Whether the last turn was a question back."""
    done = history[-1].completed if history else None
    return done is not None and bool(done.choices)


def pending_of(history: Sequence[Turn]) -> Pending | None:
    """What an action waits for: asked for in the last turn, or in one of those shortly before it."""
    return next((turn.pending for turn in reversed(history[-_MOST_TURNS_PENDING:]) if turn.pending is not None), None)


def shows_own_data(turn: Turn) -> bool:
    """Whether an answer holds what an action found, or asks about it."""
    by_action = turn.completed is not None and turn.completed.source is AnswerSource.ACTION
    return by_action or turn.pending is not None


def exchanges(turns: Sequence[Turn]) -> list[tuple[str, str]]:
    """The pairs of message and reply that the model is shown.

    A reply of a person answers every message that waited for one. A message without a reply is left out, and so is a
    reply without a message. What Kefu quoted is left out too: the model would imitate the form and make up what it
    quotes. A reply that was nothing but a quotation says that of the page, and stays as the page's words.
    """
    found: list[tuple[str, str]] = []
    waiting: list[str] = []
    for turn in turns:
        if not (turn.full_question or turn.agent):
            continue  # files without a word
        if turn.superseded or shows_own_data(turn):
            continue  # what an action found is for its own turn: no model is shown a customer's data
        if turn.agent:
            if waiting:
                found.append(("\n".join(waiting), turn.text))
            elif found:
                asked, said = found[-1]
                found[-1] = (asked, f"{said}\n{turn.text}")
            waiting = []
        elif turn.handoff is not None or not turn.text:
            waiting.append(turn.full_question)
        else:
            found.append((turn.full_question, _without_quotations(turn.text)))
            waiting = []
    return found


def _without_quotations(text: str) -> str:
    quoted = [found[1].strip() for found in _QUOTED.finditer(text)]
    if not quoted:
        return text
    own = own_words(_QUOTATION.sub("", text))
    return own if _LETTER.search(own) else "\n".join(quoted)
