"""
A language model as a second judge, at any OpenAI-compatible address: does an answer say what the right one says?

Strings miss an answer in other words and pass one that holds the string among wrong ones; a model errs in other ways.
Its verdicts are reported beside the strings' and never instead.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import openai

from kefu.common.errors import StartupError
from kefu.evaluation.answer_set import ExpectedAnswer
from kefu.evaluation.arms import ArmAnswer
from kefu.evaluation.metrics import Figure, bootstrap_mean

_CONCURRENT_REQUESTS = 8
_PROMPT = (
    "A customer asked a question and got an answer. Judge by the reference alone whether the answer is right: it must "
    "say what the reference says and must not contradict it. Other words, another language and more detail are fine; "
    "no answer is not right. Reply with one word, RIGHT or WRONG.\n\n"
    "Question: {question}\nReference: {reference}\nAnswer: {answer}"
)


@dataclass(frozen=True)
class LlmJudge:
    """A model that judges. `open_judge` makes it."""

    client: openai.AsyncOpenAI
    model: str

    async def share_right(self, answers: Sequence[ArmAnswer], wanted: Mapping[str, ExpectedAnswer]) -> Figure:
        """The share of answers that it holds for right; StartupError when it cannot be asked."""
        gate = asyncio.Semaphore(_CONCURRENT_REQUESTS)

        async def one(answered: ArmAnswer) -> float:
            if not answered.text.strip():
                return 0.0
            async with gate:
                return float(await self._is_right(answered, reference(wanted[answered.id])))

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(answered)) for answered in answers]
        except* openai.OpenAIError as errors:
            raise StartupError(f"The judge could not be asked: {errors.exceptions[0]}") from None
        return bootstrap_mean(np.array([task.result() for task in tasks], np.float64))

    async def _is_right(self, answered: ArmAnswer, reference: str) -> bool:
        asked = _PROMPT.format(question=answered.question, reference=reference, answer=answered.text)
        reply = await self.client.chat.completions.create(
            model=self.model, messages=[{"role": "user", "content": asked}], temperature=0, max_tokens=2048
        )
        said = (reply.choices[0].message.content or "").rpartition("</think>")[2].upper()
        return "RIGHT" in said and "WRONG" not in said


def reference(wanted: ExpectedAnswer) -> str:
    """What a right answer says: as a person answered, else the strings that it holds."""
    if wanted.reference:
        return wanted.reference
    return " or ".join(", ".join(strings) for strings in wanted.answers) or ", ".join(wanted.keywords)


def open_judge(url: str, model: str, key: str) -> LlmJudge:
    """A judge at a base URL such as http://127.0.0.1:8000/v1."""
    return LlmJudge(openai.AsyncOpenAI(base_url=url, api_key=key or "none", max_retries=2, timeout=120.0), model)
