"""The summary of a conversation for the person who takes over."""

from collections.abc import Sequence

from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import Passage, Turn
from kefu.router.grounding.evidence_pieces import plain
from kefu.text.language import AnswerLanguage

_LABELS: dict[AnswerLanguage, tuple[str, str, str, str]] = {
    "en": ("Asked", "Before", "Nearest passages", "Why"),
    "zh": ("客户问题", "此前", "最接近的资料", "原因"),
}
_FILES: dict[AnswerLanguage, str] = {"en": "Files sent with it", "zh": "随附文件"}
_WHY: dict[AnswerLanguage, dict[HandoffReason, str]] = {
    "en": {
        HandoffReason.NOTHING_RELEVANT: "the knowledge base does not bear out an answer",
        HandoffReason.CUSTOMER_ASKED: "the customer asked for a person",
        HandoffReason.SEARCH_UNAVAILABLE: "the knowledge base could not be searched in time",
        HandoffReason.MODEL_UNAVAILABLE: "no model could answer",
        HandoffReason.EMPTY_ANSWER: "the model wrote nothing that could be sent",
        HandoffReason.UNSUPPORTED_ANSWER: "the model wrote what no passage holds",
        HandoffReason.OVERLOADED: "more was asked than could be answered",
        HandoffReason.LOW_SUPPORT: "the answer shares hardly a word with what was found",
        HandoffReason.REPEATED_FAILURE: "what was tried before did not help either",
        HandoffReason.SENSITIVE: "a sensitive subject",
        HandoffReason.ABUSE: "the customer is abusive",
        HandoffReason.COMPLAINT: "a complaint",
        HandoffReason.OWN_CASE: "the customer's own case has to be looked up",
        HandoffReason.PROCEDURE: "a procedure calls a person here",
        HandoffReason.ACTION_FAILED: "the company's system did not answer as it should",
        HandoffReason.CHANGE_NEEDS_PERSON: "the customer wants a change that a person has to make",
        HandoffReason.CHANGE_UNCONFIRMED: "whether a change that the customer agreed to was made is not known",
        HandoffReason.TRIAGE: "a triage rule calls a person",
    },
    "zh": {
        HandoffReason.NOTHING_RELEVANT: "知识库中没有可以支持答案的资料",
        HandoffReason.CUSTOMER_ASKED: "客户要求人工服务",
        HandoffReason.SEARCH_UNAVAILABLE: "未能及时检索知识库",
        HandoffReason.MODEL_UNAVAILABLE: "没有可用的模型",
        HandoffReason.EMPTY_ANSWER: "模型没有写出可以发送的内容",
        HandoffReason.UNSUPPORTED_ANSWER: "模型写出了资料中没有的内容",
        HandoffReason.OVERLOADED: "咨询量过大，暂时无法全部回答",
        HandoffReason.LOW_SUPPORT: "答案与找到的资料几乎没有共同之处",
        HandoffReason.REPEATED_FAILURE: "此前的尝试也没有帮上忙",
        HandoffReason.SENSITIVE: "敏感话题",
        HandoffReason.ABUSE: "客户言辞激烈",
        HandoffReason.COMPLAINT: "客户投诉",
        HandoffReason.OWN_CASE: "客户自己的订单或账户需要人工查询",
        HandoffReason.PROCEDURE: "按流程应转人工处理",
        HandoffReason.ACTION_FAILED: "公司的业务系统没有正常应答",
        HandoffReason.CHANGE_NEEDS_PERSON: "客户要办理的变更须由人工处理",
        HandoffReason.CHANGE_UNCONFIRMED: "客户已同意变更，但无法确认是否办理成功",
        HandoffReason.TRIAGE: "分诊规则要求人工处理",
    },
}
_LONGEST = 200


def handoff_summary(
    language: AnswerLanguage,
    reason: HandoffReason,
    question: str,
    history: Sequence[Turn],
    nearest: Sequence[Passage],
    detail: str = "",
    files: int = 0,
) -> str:
    """The summary for the person: what was asked, what came before, what was found, why it was not enough."""
    asked, before, passages, why = _LABELS[language]
    lines = [f"{asked}: {_short(question)}"] if question or not files else []
    lines += [f"{_FILES[language]}: {files}"] if files else []
    said = [
        " → ".join(part for part in (_short(turn.full_question), _short(plain(turn.text))) if part)
        for turn in history[-1:]
    ]
    lines += [f"{before}: {last}" for last in said if last]
    if nearest:
        titles = "; ".join(f"{passage.title} ({passage.relevance:.2f})" for passage in nearest[:3])
        lines.append(f"{passages}: {titles}")
    lines.append(f"{why}: {_WHY[language][reason]}" + (f" ({detail})" if detail else ""))
    return "\n".join(lines)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + "…"
