"""Models that sit the exam by a script."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kefu.router.answering.writing.prompt import NOT_FOUND
from kefu.router.answering.writing.second_reading import second_reading_prompt
from kefu.router.domain.generation import Message
from kefu.router.exam.cases import ExamCase, exam_cases
from kefu.router.exam.examiner import case_prompt

ACCEPT, REFUSE = (0.9, 0.05, 0.05), (0.1, 0.6, 0.3)
Conversation = tuple[tuple[str, str], ...]


def conversation(messages: Sequence[Message]) -> Conversation:
    """What tells one conversation from another."""
    return tuple((message.role, message.content) for message in messages)


@dataclass
class ScriptedModel:
    """A model whose reply to a case, and whether it accepts a sentence, is said by functions."""

    reply: Callable[[ExamCase], str]
    accepts: Callable[[bool], bool]
    """Given whether the sentence is right."""
    asked: list[Conversation] = field(default_factory=list[Conversation])

    def __post_init__(self) -> None:
        self._cases = {conversation(case_prompt(case)): case for case in exam_cases()}
        self._right: dict[Conversation, bool] = {}
        for case in exam_cases():
            sentences = [(each, True) for each in case.right] + [(each.sentence, False) for each in case.faulty]
            for sentence, is_right in sentences:
                asked = second_reading_prompt(case_prompt(case), "", sentence, case.language)
                self._right[conversation(asked)] = is_right

    async def write(self, messages: Sequence[Message]) -> str:
        """See `ExaminedModel`."""
        self.asked.append(conversation(messages))
        reply = self.reply_to(messages)
        assert reply is not None
        return reply

    async def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> tuple[float, ...] | None:
        """See `ExaminedModel`."""
        assert len(choices) == len(ACCEPT)
        self.asked.append(conversation(messages))
        accepted = self.verdict(messages)
        assert accepted is not None
        return ACCEPT if accepted else REFUSE

    def reply_to(self, messages: Sequence[Message]) -> str | None:
        """The reply to a case; None for another conversation."""
        case = self._cases.get(conversation(messages))
        return None if case is None else self.reply(case)

    def verdict(self, messages: Sequence[Message]) -> bool | None:
        """Whether a sentence is accepted; None for another conversation."""
        is_right = self._right.get(conversation(messages))
        return None if is_right is None else self.accepts(is_right)


def perfect_reply(case: ExamCase) -> str:
    """The answer that the case itself knows."""
    return NOT_FOUND if case.not_found else case.answer


def perfect_model() -> ScriptedModel:
    """A model that knows everything."""
    return ScriptedModel(perfect_reply, lambda is_right: is_right)
