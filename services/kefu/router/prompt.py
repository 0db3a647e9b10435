"""
What the model is asked.

    system    instructions, the same for every question in a language: the prefix cache keeps them
    history   what was said before, the latest, as far as its budget goes
    user      the passages, numbered, then the question

Short on purpose: on a CPU each hundred tokens of prefill cost about 0.2 s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from kefu.router.language import Language
from kefu.router.model import Passage, Turn
from kefu.router.tokens import TokenEstimate

_SYSTEM: dict[Language, str] = {
    "en": (
        "You are a customer service assistant. Answer the customer's question in English, using only the numbered "
        "passages. Put the number of the passage you used, such as [1], at the end of each sentence. Copy figures, "
        "prices and conditions exactly. Answer in one to three sentences. Do not add anything that the passages do "
        "not say."
    ),
    "zh": (
        "你是客服助手。只根据带编号的资料，用中文回答客户的问题。每句话末尾标出所用资料的编号，例如[1]。"
        "数字、价格和条件必须照抄原文。用一到三句话回答，不要添加资料中没有的内容。"
    ),
}
_PASSAGES: dict[Language, str] = {"en": "Passages:", "zh": "资料："}
_QUESTION: dict[Language, str] = {
    "en": "Question: {}\nAnswer in English, citing passages like [1].",
    "zh": "问题：{}\n请用中文回答，并标出资料编号，例如[1]。",
}
_LEAST_PASSAGE_TOKENS = 60
_LONGEST_HISTORY_TURN = 400  # characters


class Role(StrEnum):
    """Who speaks in a prompt."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True)
class Message:
    """One message of a prompt."""

    role: Role
    content: str


@dataclass(frozen=True)
class Prompt:
    """A conversation for the model, and the passages that stand in it."""

    messages: tuple[Message, ...]
    passages: tuple[Passage, ...]
    tokens: int
    """By estimate."""


@dataclass(frozen=True)
class Budget:
    """Most tokens of a prompt, by estimate."""

    total: int
    history: int

    def scaled(self, factor: float) -> "Budget":
        """The same in smaller."""
        return Budget(max(round(self.total * factor), 1), round(self.history * factor))


def build_prompt(
    question: str,
    language: Language,
    passages: Sequence[Passage],
    history: Sequence[Turn],
    *,
    instructions: str,
    budget: Budget,
    estimate: TokenEstimate,
    keep_numbers: bool = False,
) -> Prompt:
    """Fit what is to be asked into the budget: the best passages first, at least one even if it must be cut.

    `instructions` are the tenant's and stand in front of the installation's own. Passages are numbered anew unless
    `keep_numbers`: the customer was shown them already.
    """
    system = f"{instructions.strip()}\n\n{_SYSTEM[language]}" if instructions.strip() else _SYSTEM[language]
    ending = _QUESTION[language].format(question)
    fixed = estimate.of_messages([system, _PASSAGES[language] + ending])
    before = _history(history, min(budget.history, max(budget.total - fixed, 0) // 3), estimate)
    left = budget.total - fixed - estimate.of_messages([message.content for message in before])
    shown: list[Passage] = []
    blocks: list[str] = []
    for passage in passages:
        block = _block(passage)
        cost = estimate.of(block) + 1
        if cost > left:
            if shown:
                continue  # a shorter one further down may still fit
            block, passage = _cut(passage, max(left, _LEAST_PASSAGE_TOKENS), estimate)  # noqa: PLW2901
            cost = estimate.of(block) + 1
        number = passage.number if keep_numbers else len(shown) + 1
        shown.append(replace(passage, number=number))
        blocks.append(f"[{number}] {block}")
        left -= cost
    user = "\n\n".join([f"{_PASSAGES[language]}\n" + "\n\n".join(blocks), ending])
    messages = (Message(Role.SYSTEM, system), *before, Message(Role.USER, user))
    return Prompt(messages, tuple(shown), estimate.of_messages([message.content for message in messages]))


def _history(turns: Sequence[Turn], budget: int, estimate: TokenEstimate) -> list[Message]:
    messages: list[Message] = []
    for turn in reversed(turns):
        if turn.superseded or not turn.text or turn.handoff is not None:
            continue
        pair = [
            Message(Role.USER, turn.asked[:_LONGEST_HISTORY_TURN]),
            Message(Role.ASSISTANT, turn.text[:_LONGEST_HISTORY_TURN]),
        ]
        budget -= estimate.of_messages([message.content for message in pair])
        if budget < 0:
            break
        messages = pair + messages
    return messages


def _block(passage: Passage) -> str:
    head = " > ".join(part for part in (passage.title, *passage.headings) if part)
    return f"{head}\n{passage.text.strip()}" if head else passage.text.strip()


def _cut(passage: Passage, tokens: int, estimate: TokenEstimate) -> tuple[str, Passage]:
    text = passage.text.strip()
    while text and estimate.of(_block(replace(passage, text=text))) > tokens and len(text) > 80:
        text = text[: max(80, int(len(text) * 0.8))].rstrip()
    shorter = replace(passage, text=text)
    return _block(shorter), shorter
