"""
Polarity odds: what a model finds of a yes/no question, given one text of evidence; a second signal beside the rules of
grounding/polarity.py. It costs a prompt of which all but evidence and question is the same, and one token.

Worth its time with a model of 1.5B parameters and more; one of 0.5B guesses (docs/benchmarks/answers.md).
"""

from collections.abc import Mapping

from kefu.common.text.language import AnswerLanguage
from kefu.router.domain.generation import Message, Role

ODDS_CHOICES: Mapping[AnswerLanguage, tuple[str, str, str]] = {"en": ("yes", "no", "unknown"), "zh": ("是", "否", "未")}
"""The choices of the request: yes, no, and that the evidence does not say."""

_SYSTEM: Mapping[AnswerLanguage, str] = {
    "en": (
        "A customer asks a yes/no question. Judge only by what the help page says. Reply with one word: yes, no, or "
        "unknown if the page does not say it."
    ),
    "zh": (
        "顾客问了一个是非问题。只根据帮助页面的内容判断。只回复一个字：是（可以、会、有），否（不可以、不会、没有），"
        "或未（页面没有说）。"
    ),
}
_ASKED: Mapping[AnswerLanguage, str] = {
    "en": "Help page: {}\nQuestion: {}\nAnswer:",
    "zh": "帮助页面：{}\n问题：{}\n回答：",
}
_EXAMPLES: Mapping[AnswerLanguage, tuple[tuple[str, str, str], ...]] = {
    # The last one is about the thing itself: what is asked in the negative is possible.
    "en": (
        (
            "Gift cards: Cards cannot be exchanged for cash; they can be given to somebody else.",
            "Could I get cash for my gift card?",
            "no",
        ),
        ("Museum › Visit: Free for members. Guests pay $9 at the door.", "is entry free for a member?", "yes"),
        ("Museum › Visit: Free for members. Guests pay $9 at the door.", "Can I bring my dog?", "unknown"),
        ("Locker: Reserved for 3 days only, then the item goes back.", "So I can't pick it up on day 2?", "yes"),
    ),
    "zh": (
        ("礼品卡：礼品卡不能兑换现金，可以转送他人。", "礼品卡能换成现金吗", "否"),
        ("博物馆 › 参观：会员免费，其他观众每人 9 元。", "会员进去是不是免费的", "是"),
        ("博物馆 › 参观：会员免费，其他观众每人 9 元。", "我能带狗进去不", "未"),
        ("储物柜：只保留 3 天，逾期退回。", "第二天就不能取了吗", "是"),
    ),
}


def odds_prompt(question: str, evidence: str, language: AnswerLanguage) -> tuple[Message, ...]:
    """The prompt that one of `ODDS_CHOICES` answers. `evidence`: one text, behind the title of its page."""
    asked = _ASKED[language]
    examples = (
        message
        for page, example, answer in _EXAMPLES[language]
        for message in (Message(Role.USER, asked.format(page, example)), Message(Role.ASSISTANT, answer))
    )
    last = asked.format(" ".join(evidence.split()), " ".join(question.split()))
    return (Message(Role.SYSTEM, _SYSTEM[language]), *examples, Message(Role.USER, last))
