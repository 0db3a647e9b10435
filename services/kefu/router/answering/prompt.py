"""
The prompt: what the model is asked.

    system    instructions
    example   one question with its passages and a good answer
    history   what was said before, the latest, as far as its budget goes
    user      the passages, numbered, then the question

The first two are the same for every question in a language, so that the prefix cache keeps them. A small model learns
more from the example than from any instruction: without it, it copies titles or writes markers alone. The example's
facts are no evidence (see `kefu.router.guardrails.literals`), so they cannot leak into an answer.

Short on purpose: on a CPU each hundred tokens of prefill cost about 0.1 s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kefu.common.text.language import AnswerLanguage, answer_language
from kefu.router.answering.history import exchanges
from kefu.router.answering.token_estimate import TokenEstimate
from kefu.router.domain.answer_profiles import SENTENCE, AnswerProfile
from kefu.router.domain.generation import Message, Role
from kefu.router.domain.turn import Passage, Turn
from kefu.router.grounding import sentence_selection

_SYSTEM: dict[AnswerLanguage, str] = {
    "en": (
        "You are the customer service of a company. Answer the question in one complete sentence, in the words of the "
        "passages alone. Copy names, figures, prices and conditions exactly as they are. Put the number of the passage "
        "in brackets at the end."
    ),
    "zh": (
        "你是公司的客服。只用资料里的原话，用一句完整的中文句子回答问题。"
        "名称、数字、价格和条件照抄资料原文。句末用方括号标出资料编号。"
    ),
}
_SYSTEM_WHOLE: dict[AnswerLanguage, str] = {
    "en": (
        "You are the customer service of a company. Answer the question from the passages alone, as briefly as it can "
        "be said; steps as a numbered list. Speak to the customer as you. Copy names, figures, prices and conditions "
        "exactly as they are, and say what is not allowed or not included. Put the number of the passage in brackets "
        "behind each sentence."
    ),
    "zh": (
        "你是公司的客服。只根据资料回答问题，尽量简短；步骤用编号列出。称呼顾客为“您”。"
        "名称、数字、价格和条件照抄资料原文，不允许、不包含的要说清楚。每句话末尾用方括号标出资料编号。"
    ),
}
_OTHERWISE: dict[AnswerLanguage, str] = {"en": " Answer in English.", "zh": "请用中文回答。"}
"""Added where question or passages are in another language than the answer is to be."""
_PASSAGE: dict[AnswerLanguage, str] = {"en": "Passage", "zh": "资料"}
_QUESTION: dict[AnswerLanguage, str] = {"en": "Question: {}", "zh": "问题：{}"}
_EXAMPLE: dict[AnswerLanguage, tuple[str, str]] = {
    "en": (
        "Passage [1] (Gift wrapping: Fee)\nGift wrapping costs ¥6 per item. It is free for orders above ¥300.\n\n"
        "Passage [2] (Gift cards)\nGift cards are valid for 24 months.\n\nQuestion: What does gift wrapping cost?",
        "Gift wrapping costs ¥6 per item, and it is free for orders above ¥300 [1].",
    ),
    "zh": (
        "资料 [1] (礼品包装: 费用)\n礼品包装每件 6 元，订单满 300 元免费。\n\n"
        "资料 [2] (礼品卡)\n礼品卡有效期为 24 个月。\n\n问题：礼品包装要多少钱？",
        "礼品包装每件 6 元，订单满 300 元免费[1]。",
    ),
}
_LEAST_PASSAGE_TOKENS = 60
_LABEL_TOKENS = 5
_LONGEST_HISTORY_TURN = 400  # characters


@dataclass(frozen=True)
class Prompt:
    """A conversation for the model, and the passages that stand in it."""

    messages: tuple[Message, ...]
    passages: tuple[Passage, ...]
    tokens: int
    """By estimate."""


@dataclass(frozen=True)
class Budget:
    """The most tokens of a prompt and of its history, by estimate."""

    total: int
    history: int

    def scaled(self, factor: float) -> "Budget":
        """A smaller budget, in the same proportion."""
        return Budget(max(round(self.total * factor), 1), round(self.history * factor))


def common_prompts() -> list[tuple[Message, ...]]:
    """For each language a conversation with all that its prompts have in common, to fill prefix caches with."""
    return [
        (
            Message(Role.SYSTEM, _SYSTEM[language]),
            *_example(language),
            Message(Role.USER, f"{_PASSAGE[language]} [1]"),
        )
        for language in _SYSTEM
    ]


def build_prompt(
    question: str,
    language: AnswerLanguage,
    passages: Sequence[Passage],
    history: Sequence[Turn],
    *,
    instructions: str,
    budget: Budget,
    estimate: TokenEstimate,
    keep_numbers: bool = False,
    searched: str = "",
    profile: AnswerProfile = SENTENCE,
) -> Prompt:
    """Build the prompt within its budget: the best passages first, at least one even if it must be cut.

    `instructions` are the tenant's and stand in front of the installation's own. Passages are numbered anew unless
    `keep_numbers`: the customer was shown them already. `searched`: the question with what it leans on; sentences are
    chosen by it.
    """
    languages = {answer_language(question) or language, *(passage.language or language for passage in passages)}
    own = (_SYSTEM_WHOLE if profile.whole_answers else _SYSTEM)[language] + (
        _OTHERWISE[language] if languages != {language} else ""
    )
    system = f"{instructions.strip()}\n\n{own}" if instructions.strip() else own
    ending = _QUESTION[language].format(question)
    fixed = estimate.of_messages([system, *_EXAMPLE[language], ending])
    before = _history(history, min(budget.history, max(budget.total - fixed, 0) // 3), estimate)
    left = budget.total - fixed - estimate.of_messages([message.content for message in before])
    shown: list[Passage] = []
    blocks: list[str] = []
    for passage, text in zip(
        passages, sentence_selection.select_sentences(searched or question, passages, profile.shown_bytes), strict=True
    ):
        if not text:
            continue
        block = _block(passage, text)
        cost = estimate.of(block) + _LABEL_TOKENS
        if cost > left:
            if shown:
                continue  # a shorter one further down may still fit
            block = _cut(passage, text, max(left, _LEAST_PASSAGE_TOKENS), estimate)
            cost = estimate.of(block) + _LABEL_TOKENS
        number = passage.number if keep_numbers else len(shown) + 1
        shown.append(replace(passage, number=number))
        blocks.append(f"{_PASSAGE[language]} [{number}] {block}")
        left -= cost
    user = "\n\n".join([*blocks, ending])
    messages = (Message(Role.SYSTEM, system), *_example(language), *before, Message(Role.USER, user))
    return Prompt(messages, tuple(shown), estimate.of_messages([message.content for message in messages]))


def _example(language: AnswerLanguage) -> list[Message]:
    return [Message(role, said) for role, said in zip((Role.USER, Role.ASSISTANT), _EXAMPLE[language], strict=True)]


def _history(turns: Sequence[Turn], budget: int, estimate: TokenEstimate) -> list[Message]:
    messages: list[Message] = []
    for asked, said in reversed(exchanges(turns)):
        pair = [
            Message(Role.USER, asked[:_LONGEST_HISTORY_TURN]),
            Message(Role.ASSISTANT, said[:_LONGEST_HISTORY_TURN]),
        ]
        budget -= estimate.of_messages([message.content for message in pair])
        if budget < 0:
            break
        messages = pair + messages
    return messages


def _block(passage: Passage, text: str) -> str:
    # In parentheses: a title on a line of its own is what a small model takes for the answer.
    head = ": ".join(part for part in (passage.title, *passage.headings) if part)
    return f"({head})\n{text.strip()}" if head else text.strip()


def _cut(passage: Passage, text: str, tokens: int, estimate: TokenEstimate) -> str:
    while estimate.of(_block(passage, text)) > tokens and len(text) > 80:
        text = text[: max(80, int(len(text) * 0.8))].rstrip()
    return _block(passage, text)
