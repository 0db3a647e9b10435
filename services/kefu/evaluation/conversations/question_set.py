"""
Question sets of conversations: `questions.jsonl`, a JSON object a line.

Beside it stand the documents, in `help_center/` or in the folder itself, and, if there are any, `curated_answers.csv`.
docs/guides/evaluation.md lists the fields.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kefu.evaluation.dataset import BadQuestionSet
from kefu.router.conversations.golden_questions.conversation_question import ConversationQuestion
from kefu.router.conversations.golden_questions.question_lines import parsed_lines

QUESTIONS = "questions.jsonl"
_MOST_TOLD = 10  # errors


def load_questions(folder: Path) -> list[ConversationQuestion]:
    """The questions of a folder. Raises BadQuestionSet, which says of each bad line what is wrong with it."""
    path = folder / QUESTIONS
    try:
        questions, errors = parsed_lines(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise BadQuestionSet(f"{path} cannot be read ({exc.strerror}); a set of conversations needs it.") from None
    except UnicodeDecodeError as exc:
        raise BadQuestionSet(f"{path} is not UTF-8 (byte {exc.start}).") from None
    wrong = [f"{path}, line {number}, {what}." for number, what in errors]
    if wrong:
        more = f"\n… and {len(wrong) - _MOST_TOLD} more." if len(wrong) > _MOST_TOLD else ""
        raise BadQuestionSet("\n".join(wrong[:_MOST_TOLD]) + more)
    if not questions:
        raise BadQuestionSet(f"{path} is empty: there is nothing to ask.")
    return questions


def behind_another(questions: Sequence[ConversationQuestion]) -> list[ConversationQuestion]:
    """The questions, each that stands alone behind the next answerable one about other documents.

    What a conversation was about must not leak into a question about something else. The other is of the same language
    and stands alone too; a question that has no such other stays as it is.
    """
    alone = [each for each in questions if not each.before]
    found: list[ConversationQuestion] = []
    for one in questions:
        if one.before:
            found.append(one)
            continue
        at = alone.index(one)
        others = (
            each
            for each in (*alone[at + 1 :], *alone[:at])
            if each.is_answerable and each.language == one.language and not set(each.documents) & set(one.documents)
        )
        other = next(others, None)
        found.append(replace(one, before=(other.text,)) if other else one)
    return found
