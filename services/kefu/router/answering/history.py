"""The history that a question may lean on: "and how long for furniture?", "那退款呢"."""

from collections.abc import Sequence

from kefu.router.domain.turn import AnswerSource, Pending, Turn

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
    """Whether the last turn was a question back, or asked for something below an answer."""
    last = history[-1] if history else None
    if last is None or last.completed is None or not last.completed.choices:
        return False
    return last.pending is not None or last.completed.source in (AnswerSource.CLARIFYING, AnswerSource.ACTION)


def pending_of(history: Sequence[Turn]) -> Pending | None:
    """What an action waits for: asked for in the last turn, or in one of those shortly before it."""
    return next((turn.pending for turn in reversed(history[-_MOST_TURNS_PENDING:]) if turn.pending is not None), None)


def shows_own_data(turn: Turn) -> bool:
    """Whether an answer holds what an action found, or asks about it."""
    by_action = turn.completed is not None and turn.completed.source is AnswerSource.ACTION
    return by_action or turn.pending is not None


def exchanges(turns: Sequence[Turn]) -> list[tuple[str, str]]:
    """The pairs of message and reply that the model is shown.

    A reply of a person answers every message that waited for one; a message that waits still has been answered with
    what was said when the person was called: the next question may lean on it. A message without any reply is left
    out, and so is a reply without a message.
    """
    found: list[tuple[str, str]] = []
    waiting: list[str] = []
    promised = ""
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
            waiting, promised = [], ""
        elif turn.handoff is not None or not turn.text:
            waiting.append(turn.full_question)
            promised = promised if turn.handoff is None else turn.handoff.message
        else:
            if waiting and promised:
                found.append(("\n".join(waiting), promised))
            found.append((turn.full_question, turn.text))
            waiting, promised = [], ""
    if waiting and promised:
        found.append(("\n".join(waiting), promised))
    return found
