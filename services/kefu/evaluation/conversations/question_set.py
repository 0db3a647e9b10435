"""
Question sets of conversations: `questions.jsonl`, a JSON object a line.

Beside it stand the documents, in `help_center/` or in the folder itself, and, if there are any, `curated_answers.csv`.
docs/guides/evaluation.md lists the fields.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from kefu.evaluation.dataset import BadQuestionSet
from kefu.office.golden_questions.conversation_question import ConversationQuestion
from kefu.office.golden_questions.question_lines import parsed_lines
from kefu.retrieval.documents.parse import parse_document
from kefu.retrieval.documents.parsed_document import Unreadable

QUESTIONS = "questions.jsonl"
HELP_CENTER = "help_center"
CURATED = "curated_answers.csv"
_READ_AS_TEXT = (".md", ".txt", ".csv")
_MOST_TOLD = 10  # errors


def load_questions(folder: Path) -> list[ConversationQuestion]:
    """The questions of a folder. Raises BadQuestionSet, which says of each bad line what is wrong with it.

    Evidence has to stand in the folder's documents, as the file has it or as it is shown; without documents it is not
    looked for.
    """
    path = folder / QUESTIONS
    try:
        questions, errors = parsed_lines(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise BadQuestionSet(f"{path} cannot be read ({exc.strerror}); a set of conversations needs it.") from None
    except UnicodeDecodeError as exc:
        raise BadQuestionSet(f"{path} is not UTF-8 (byte {exc.start}).") from None
    _refuse([f"{path}, line {number}, {what}." for number, what in errors])
    if not questions:
        raise BadQuestionSet(f"{path} is empty: there is nothing to ask.")
    _refuse(
        [
            f"{path}, {question}: its evidence “{span}” stands in no document of {folder}. "
            "Copy it from the page, letter by letter, or leave it out."
            for question, span in _misquoted(questions, folder)
        ]
    )
    return questions


def _refuse(wrong: Sequence[str]) -> None:
    if wrong:
        more = f"\n… and {len(wrong) - _MOST_TOLD} more." if len(wrong) > _MOST_TOLD else ""
        raise BadQuestionSet("\n".join(wrong[:_MOST_TOLD]) + more)


def _misquoted(questions: Sequence[ConversationQuestion], folder: Path) -> list[tuple[str, str]]:
    """The spans of evidence that stand in no document, each behind its question's id."""
    missing = [(one.id, span) for one in questions for span in one.evidence]
    if not missing:
        return []
    files = list(_documents(folder))
    for text in (_written, _shown):  # parsing takes longer, and most spans are found without
        texts = [text(file) for file in files] if missing else []
        missing = [(question, span) for question, span in missing if not any(span in each for each in texts)]
    return missing if files else []


def _documents(folder: Path) -> Iterator[Path]:
    help_center = folder / HELP_CENTER
    below = (help_center if help_center.is_dir() else folder).rglob("*")
    curated = folder / CURATED
    for file in {*below, *([curated] if curated.exists() else [])}:
        if file.is_file() and file != folder / QUESTIONS:
            yield file


def _written(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.suffix in _READ_AS_TEXT else ""


def _shown(file: Path) -> str:
    try:
        parsed = parse_document(file.name, file.read_bytes())
    except Unreadable:
        return ""
    return "\n".join(f"{block.table_header}\n{block.text}" for block in parsed.blocks)


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
