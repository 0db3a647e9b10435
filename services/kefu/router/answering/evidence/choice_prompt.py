"""
The choice prompt: which of a few pieces of evidence answers the question? The model replies with a letter.

The letter's probability is what counts, so the model writes nothing that a customer could see. System message and
examples are the same for every question in a language, so that the prefix cache keeps them.
"""

from collections.abc import Sequence

from kefu.router.domain.generation import Message, Role
from kefu.router.domain.turn import Passage
from kefu.router.grounding.evidence_pieces import EvidencePiece
from kefu.text.language import AnswerLanguage

LETTERS = "ABCDEFGH"
"""Not figures: "1" and "10" begin with the same token."""
_LONGEST = 300
"""Characters of a piece."""
_SYSTEM: dict[AnswerLanguage, str] = {
    "en": (
        "A customer asks a question. Which one of the statements of the help centre answers it? Reply with its letter "
        "only."
    ),
    "zh": "顾客提出了一个问题。帮助中心的哪一条能回答它？只回复字母。",
}
_EXAMPLES: dict[AnswerLanguage, Sequence[tuple[str, str]]] = {
    "en": (
        (
            "A. Gift wrapping, Fee: Gift wrapping costs ¥6 per item.\nB. Gift cards, Validity: Gift cards are valid "
            "for 24 months.\nC. Gift wrapping, Limits: Fragile items cannot be wrapped.\n\n"
            "Question: can u wrap a glass vase?",
            "C",
        ),
        (
            "A. Opening hours: The shop opens at 10.\nB. Parking: Parking is free for two hours.\n\n"
            "Question: what does it cost to park there?",
            "B",
        ),
    ),
    "zh": (
        (
            "A. 礼品包装，费用：礼品包装每件 6 元。\nB. 礼品卡，有效期：礼品卡有效期为 24 个月。\n"
            "C. 礼品包装，限制：易碎品不能包装。\n\n问题：玻璃花瓶能包装吗？",
            "C",
        ),
        ("A. 营业时间：门店 10 点开门。\nB. 停车：前两小时免费停车。\n\n问题：停车要多少钱？", "B"),
    ),
}


def choice_prompt(
    asked: str, pieces: Sequence[EvidencePiece], passages: Sequence[Passage], language: AnswerLanguage
) -> tuple[Message, ...]:
    """The prompt for at most eight pieces; the reply is the letter of one, in their order."""
    comma, colon = ("，", "：") if language == "zh" else (", ", ": ")
    lines: list[str] = []
    for letter, piece in zip(LETTERS, pieces, strict=False):
        passage = passages[piece.passage]
        said = " ".join(piece.text.split())[:_LONGEST]
        lines.append(f"{letter}. {comma.join(filter(None, (passage.title, *passage.headings)))}{colon}{said}")
    question = f"问题：{asked}" if language == "zh" else f"Question: {asked}"
    return (*choice_prompt_head(language), Message(Role.USER, "\n".join((*lines, "", question))))


def choice_prompt_head(language: AnswerLanguage) -> tuple[Message, ...]:
    """What all prompts of a language begin with."""
    examples = (
        Message(role, said)
        for example in _EXAMPLES[language]
        for role, said in zip((Role.USER, Role.ASSISTANT), example, strict=True)
    )
    return (Message(Role.SYSTEM, _SYSTEM[language]), *examples)
