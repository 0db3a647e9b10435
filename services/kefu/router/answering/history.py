"""The history that a question may lean on: "and how long for furniture?", "那退款呢"."""

from collections.abc import Sequence

from kefu.router.domain.turn import AnswerSource, Turn

_NOT_LOOKED_UP = (AnswerSource.CANNED, AnswerSource.REFUSED, AnswerSource.PERSON)


def previous_question(history: Sequence[Turn]) -> str:
    """The last question that was searched or asked of a person, or an empty text.

    The search decides whether the present question leans on it.
    """
    for turn in reversed(history):
        if turn.completed is None or turn.completed.source not in _NOT_LOOKED_UP:
            return turn.full_question
    return ""


def exchanges(turns: Sequence[Turn]) -> list[tuple[str, str]]:
    """The pairs of message and reply that the model is shown.

    A reply of a person answers every message that waited for one. A message without a reply is left out, and so is a
    reply without a message.
    """
    found: list[tuple[str, str]] = []
    waiting: list[str] = []
    for turn in turns:
        if turn.superseded:
            continue
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
            found.append((turn.full_question, turn.text))
            waiting = []
    return found
