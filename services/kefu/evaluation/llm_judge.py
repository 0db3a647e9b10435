"""
LLM judge: a language model at any OpenAI-compatible address decides whether an answer agrees with the reference.

Strings miss a right answer in other words, and pass a wrong one that holds the string. A model errs in other ways. Its
share is reported beside that of the strings, and never instead.
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
    """An LLM judge, made with `open_judge`."""

    client: openai.AsyncOpenAI
    model: str

    async def share_right(self, answers: Sequence[ArmAnswer], expected: Mapping[str, ExpectedAnswer]) -> Figure:
        """The share of answers that the model judges right. Raises StartupError when the model cannot be asked."""
        gate = asyncio.Semaphore(_CONCURRENT_REQUESTS)

        async def one(answered: ArmAnswer) -> float:
            if not answered.text.strip():
                return 0.0
            async with gate:
                return float(await self._is_right(answered, reference(expected[answered.id])))

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(answered)) for answered in answers]
        except* openai.OpenAIError as errors:
            raise StartupError(f"The judge could not be asked: {errors.exceptions[0]}") from None
        return bootstrap_mean(np.array([task.result() for task in tasks], np.float64))

    async def _is_right(self, answered: ArmAnswer, reference: str) -> bool:
        prompt = _PROMPT.format(question=answered.question, reference=reference, answer=answered.text)
        reply = await self.client.chat.completions.create(
            model=self.model, messages=[{"role": "user", "content": prompt}], temperature=0, max_tokens=2048
        )
        verdict = (reply.choices[0].message.content or "").rpartition("</think>")[2].upper()
        return "RIGHT" in verdict and "WRONG" not in verdict


def reference(expected: ExpectedAnswer) -> str:
    """The reference for a question: the answer of a person, else the expected strings."""
    if expected.reference:
        return expected.reference
    return " or ".join(", ".join(strings) for strings in expected.answers) or ", ".join(expected.keywords)


def open_judge(url: str, model: str, key: str) -> LlmJudge:
    """A judge at a base URL such as http://127.0.0.1:8000/v1."""
    return LlmJudge(openai.AsyncOpenAI(base_url=url, api_key=key or "none", max_retries=2, timeout=120.0), model)
