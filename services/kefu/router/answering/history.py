"""What a question may lean on: "and how long for furniture?", "那退款呢"."""

from collections.abc import Sequence

from kefu.router.domain.turn import AnswerSource, Turn

_NOT_LOOKED_UP = (AnswerSource.CANNED, AnswerSource.REFUSED, AnswerSource.PERSON)


def question_before(history: Sequence[Turn]) -> str:
    """The last question that was looked up, or asked of a person; or nothing. Search decides whether the present one
    leans on it."""
    for turn in reversed(history):
        if turn.completed is None or turn.completed.source not in _NOT_LOOKED_UP:
            return turn.full_question
    return ""


def exchanges(turns: Sequence[Turn]) -> list[tuple[str, str]]:
    """What was asked and what was said to it, for the model.

    A person's word answers all that waited for one. What nobody answered is no part of it, nor is a person's word that
    nobody asked for.
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
