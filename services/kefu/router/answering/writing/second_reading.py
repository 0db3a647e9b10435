"""
The second reading: a model that may verify is asked of each sentence of an answer whether the passages say it.

The sentence stands behind the prompt that it was written from, so that an engine has that in its prefix cache and a
reading costs about a hundred tokens of prompt and one of answer. Only the probability of a letter counts.
"""

from collections.abc import Sequence

from kefu.router.domain.generation import Message, Role
from kefu.text.language import AnswerLanguage

VERDICTS = ("A", "B", "C")
"""The passages say it; they say otherwise; they do not say it."""
LEAST_PROBABILITY = 0.5
"""A sentence is shown whose first verdict has this probability."""
_ASKED: dict[AnswerLanguage, str] = {
    "en": (
        "Read the passages again and check this sentence: “{}”\n"
        "A. The passages say so of the case that the customer asks about (title, heading and row are of that case), or "
        "it follows from what they say.\n"
        "B. The passages say otherwise, or a condition that decides this customer's case is missing.\n"
        "C. The passages do not say it, or say it of something else.\n"
        "Reply with the letter only."
    ),
    "zh": (
        "再读一遍资料，核对这句话：“{}”\n"
        "A. 对顾客所问的情况（标题、小标题和所在的行都是这种情况），资料是这么说的，或者可以由此推出。\n"
        "B. 资料的说法不同，或者漏掉了决定这位顾客情况的条件。\n"
        "C. 资料没有这么说，或者说的是别的事。\n"
        "只回复字母。"
    ),
}


def second_reading_prompt(
    prompt: Sequence[Message], shown: str, sentence: str, language: AnswerLanguage
) -> tuple[Message, ...]:
    """The conversation that asks for one of `VERDICTS` on a sentence, behind what was `shown` of the answer."""
    answer = f"{shown} {sentence}".strip()
    return (*prompt, Message(Role.ASSISTANT, answer), Message(Role.USER, _ASKED[language].format(sentence)))


_AGAIN: dict[AnswerLanguage, str] = {
    "en": (
        "The passages do not bear out: “{}”\nWrite the whole answer anew without it, from the passages alone, or only "
        "NOT_FOUND if they do not answer the question."
    ),
    "zh": "资料不能证明：“{}”\n请只根据资料重写整个回答，不要再这样说；资料不能回答问题时，只写 NOT_FOUND。",
}


def rewriting_prompt(
    prompt: Sequence[Message], written: str, failed: str, language: AnswerLanguage
) -> tuple[Message, ...]:
    """The conversation that has an answer written once more, since a sentence of it `failed`."""
    return (*prompt, Message(Role.ASSISTANT, written), Message(Role.USER, _AGAIN[language].format(failed)))
