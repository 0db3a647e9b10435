"""Canned replies: the texts that Kefu says by itself, in each language. A tenant may replace any of them."""

from dataclasses import dataclass, fields, replace

from kefu.router.domain.handoff import HandoffReason
from kefu.router.nlu.intents import Intent
from kefu.text.language import AnswerLanguage


@dataclass(frozen=True)
class CannedReplies:
    """Canned replies in one language. An empty one in a tenant's settings means the installation's."""

    greeting: str = ""
    thanks: str = ""
    goodbye: str = ""
    acknowledgement: str = ""
    handoff_nothing_relevant: str = ""
    handoff_customer_asked: str = ""
    handoff_unavailable: str = ""
    handoff_sensitive: str = ""
    handoff_emergency: str = ""
    handoff_not_helpful: str = ""
    handoff_repeated: str = ""
    handoff_out_of_hours: str = ""
    clarifying_question: str = ""
    did_you_mean: str = ""
    none_of_these: str = ""
    refused_topic: str = ""
    handoff_desk_full: str = ""
    handoff_own_case: str = ""
    handoff_complaint: str = ""
    out_of_scope: str = ""
    about_assistant: str = ""
    sign_in: str = ""
    not_there: str = ""
    change_yes: str = ""
    change_no: str = ""
    change_not_made: str = ""
    change_asked_again: str = ""
    handoff_change: str = ""
    handoff_change_unconfirmed: str = ""
    all_of_these: str = ""
    can_do: str = ""

    def with_defaults(self, base: "CannedReplies") -> "CannedReplies":
        """These replies, with those of `base` where these are empty."""
        chosen = {field.name: getattr(self, field.name) or getattr(base, field.name) for field in fields(self)}
        return replace(base, **chosen)

    def reply_to(self, intent: Intent) -> str:
        """The reply to a message with an intent. For PERSON: the text of the handoff."""
        return {
            Intent.GREETING: self.greeting,
            Intent.THANKS: self.thanks,
            Intent.GOODBYE: self.goodbye,
            Intent.ACKNOWLEDGEMENT: self.acknowledgement,
            Intent.PERSON: self.handoff_customer_asked,
            Intent.ABOUT_ASSISTANT: self.about_assistant,
        }[intent]

    def handoff(self, reason: HandoffReason) -> str:
        """The text for the customer when a person should take over."""
        return {
            HandoffReason.CUSTOMER_ASKED: self.handoff_customer_asked,
            HandoffReason.NOTHING_RELEVANT: self.handoff_nothing_relevant,
            HandoffReason.EMPTY_ANSWER: self.handoff_nothing_relevant,
            HandoffReason.UNSUPPORTED_ANSWER: self.handoff_nothing_relevant,
            HandoffReason.SEARCH_UNAVAILABLE: self.handoff_unavailable,
            HandoffReason.MODEL_UNAVAILABLE: self.handoff_unavailable,
            HandoffReason.OVERLOADED: self.handoff_unavailable,
            HandoffReason.LOW_SUPPORT: self.handoff_nothing_relevant,
            HandoffReason.REPEATED_FAILURE: self.handoff_not_helpful,
            HandoffReason.SENSITIVE: self.handoff_sensitive,
            HandoffReason.ABUSE: self.handoff_not_helpful,
            HandoffReason.COMPLAINT: self.handoff_complaint,
            HandoffReason.OWN_CASE: self.handoff_own_case,
            HandoffReason.PROCEDURE: self.handoff_sensitive,
            HandoffReason.ACTION_FAILED: self.handoff_unavailable,
            HandoffReason.CHANGE_NEEDS_PERSON: self.handoff_change,
            HandoffReason.CHANGE_UNCONFIRMED: self.handoff_change_unconfirmed,
            HandoffReason.TRIAGE: self.handoff_sensitive,
        }[reason]


DEFAULT_REPLIES: dict[AnswerLanguage, CannedReplies] = {
    "zh": CannedReplies(
        greeting="您好！请问有什么可以帮您？",
        thanks="不客气！还有其他问题请随时问我。",
        goodbye="再见，祝您生活愉快！",
        acknowledgement="好的，还有其他问题请随时告诉我。",
        handoff_nothing_relevant="抱歉，我在现有资料中没有找到可靠的答案，已为您转接人工客服，请稍候。",
        handoff_customer_asked="好的，正在为您转接人工客服，请稍候。",
        handoff_unavailable="抱歉，我现在暂时无法查询到答案，已为您转接人工客服，请稍候。",
        handoff_sensitive="这件事应由专人为您处理，已为您转接人工客服，请稍候。",
        handoff_emergency=(
            "如果您或他人正处于危险之中，请立即拨打 120（急救）或 110（报警）。已为您转接人工客服，请稍候。"
        ),
        handoff_not_helpful="很抱歉没能帮到您，已为您转接人工客服，请稍候。",
        handoff_repeated="已经为您呼叫人工客服，请稍候。",
        handoff_out_of_hours="现在是非工作时间，您的问题已记录，人工客服将于{opening}上班后为您处理。",
        clarifying_question="请问您想了解哪一项？",
        did_you_mean="我不确定是否理解了您的问题。您想问的是下面哪一项？",
        none_of_these="都不是，转人工客服",
        refused_topic="抱歉，这个话题我无法回答。如有其他问题，请随时告诉我。",
        handoff_desk_full="抱歉，等候人工客服的客户过多，暂时无法为您转接。请稍后再试。",
        handoff_own_case="这需要查询您本人的信息，我无法查看，已为您转接人工客服，请稍候。",
        handoff_complaint="非常抱歉给您带来不好的体验，已为您转接人工客服，请稍候。",
        out_of_scope="抱歉，我只能解答与我们的产品和服务有关的问题。如需人工客服，请回复“人工”。",
        about_assistant="我是自动客服助手，依据帮助中心的资料为您解答。如需人工客服，请回复“人工”。",
        sign_in="查询您本人的信息需要先确认您的身份。请先登录，然后再问我一次。如需人工客服，请回复“人工”。",
        not_there="在您的账户中没有找到。请核对后再告诉我；如需人工客服，请回复“人工”。",
        all_of_these="全部",
        can_do="我可以直接为您办理：",
        change_yes="是，确认办理",
        change_no="否，暂不办理",
        change_not_made="好的，没有做任何更改。",
        change_asked_again="目前没有做任何更改，需要您明确回答“是”或“否”。",
        handoff_change="这项办理须由专人处理，您的需求已记录并转交，目前没有做任何更改，请稍候。",
        handoff_change_unconfirmed="抱歉，我无法确认这项办理是否成功。请不要重复提交，同事会为您核实，请稍候。",
    ),
    "en": CannedReplies(
        greeting="Hello! How can I help you?",
        thanks="You're welcome! Just ask if there is anything else.",
        goodbye="Goodbye, and have a nice day!",
        acknowledgement="All right. Just ask if there is anything else.",
        handoff_nothing_relevant=(
            "I'm sorry, I can't find a reliable answer to that in our help pages. A colleague will take over shortly."
        ),
        handoff_customer_asked="Of course. I'm passing you on to a colleague; one moment, please.",
        handoff_unavailable="I'm sorry, I can't look that up right now. A colleague will take over shortly.",
        handoff_sensitive="This is a matter for a person. I'm passing you on to a colleague; one moment, please.",
        handoff_emergency=(
            "If you or anyone else is in danger, please call the emergency services now (112, or 911 in North "
            "America). "
            "I'm passing you on to a colleague."
        ),
        handoff_not_helpful="I'm sorry that I couldn't help. A colleague will take over shortly.",
        handoff_repeated="A colleague has been called already and will be with you as soon as possible.",
        handoff_out_of_hours=(
            "Nobody from our team is here at the moment. They will be back {opening} and will read what you wrote."
        ),
        clarifying_question="Which of these do you mean?",
        did_you_mean="I'm not sure that I understood. Did you mean one of these?",
        none_of_these="None of these: a person",
        refused_topic="I'm sorry, I can't talk about that. Just ask if there is anything else.",
        handoff_desk_full=(
            "I'm sorry, so many customers are waiting for a colleague that nobody can take over now. Please try again "
            "later."
        ),
        handoff_own_case=(
            "I can't look into your own orders, payments or account. I'm passing you on to a colleague who can; one "
            "moment, please."
        ),
        handoff_complaint="I'm sorry about this. I'm passing you on to a colleague; one moment, please.",
        out_of_scope=(
            "I can only help with questions about our products and services. If you would like to talk to a person, "
            'just say "person".'
        ),
        about_assistant=(
            "I'm an automated assistant, and I answer from our help pages. If you would like to talk to a person, just "
            'say "person".'
        ),
        sign_in=(
            "To look that up I need to know who you are. Please sign in, then ask me again. If you would "
            'like to talk to a person, just say "person".'
        ),
        not_there=(
            "I can't find that in your account. Please check it and tell me again; if you would like to talk to a "
            'person, just say "person".'
        ),
        all_of_these="All of them",
        can_do="I can do this for you:",
        change_yes="Yes, please do it",
        change_no="No, leave it as it is",
        change_not_made="All right, nothing was changed.",
        change_asked_again="Nothing has been changed yet: I need a clear yes or no.",
        handoff_change=(
            "A colleague has to do this for you. I have passed on what you told me; nothing has been changed yet."
        ),
        handoff_change_unconfirmed=(
            "I'm sorry, I can't tell whether this was done. Please don't ask for it again: a colleague will check and "
            "get back to you shortly."
        ),
    ),
}
