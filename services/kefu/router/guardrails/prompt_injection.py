"""
Prompt injection: what customers and documents say is data, whatever it says.

Marks by which a model's template tells who speaks are taken out, so that no text can end its own message and begin
another one; and so are labels of passages, which would make a customer's words look like evidence. Messages that tell
the assistant what to say or what to forget are answered like others, but what they say is no evidence. A paragraph of a
document that speaks to the assistant is left out from there on, for the model and as evidence.
"""

import re
from dataclasses import replace

from kefu.common.text.chinese import simplified
from kefu.common.text.pii import redacted
from kefu.router.domain.turn import Passage, Turn
from kefu.router.nlu.message import CustomerMessage

_TEMPLATE_MARK = re.compile(
    r"<[|｜][^<>|｜\n]{1,40}[|｜]>"  # ChatML, Llama 3, DeepSeek, Phi, Granite, Command R, gpt-oss
    r"|</?(?:think|tools?|tool_calls?|tool_response|s|bos|eos|pad|unk|mask|sop|eop|用户|AI)>"
    r"|<(?:start|end)_of_(?:turn|image)>|<(?:reserved|unused|extra_id)_?\d{1,4}>|<seed:[a-z_]{1,40}>|<</?SYS>>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_(?:CALLS|RESULTS|CONTENT)|ARGS|CALL_ID|IMG(?:_BREAK|_END)?|THINK"
    r"|[gs]?MASK)\]"  # Mistral, GLM
    r"|^[ \t]*\#{2,4}[ \t]*(?:Instruction|Response|Input|System|User|Human|Assistant)s?[ \t]*:",  # Alpaca, Solar
    re.IGNORECASE | re.MULTILINE,
)
_PASSAGE_LABEL = re.compile(r"(?im)^(\W{0,8}(?:passage|资料|資料)\s*)\[\s*(\d+)\s*\]")
_INSTRUCTION = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|drop) (?:\w+ ){0,5}?(?:instructions?|rules?|prompts?|guidelines?"
    r"|above|previous"
    r"|polic(?:y|ies)|restrictions?|training|context|passages?|documents?)\b"
    r"|\b(?:you are|you're) (?:now|no longer)\b|\b(?:pretend|act|behave|role-?play|respond|imagine) (?:as|to be|that"
    r"|like|you)\b"
    r"|(?:^|[.!?,;:] ?|\b(?:please|just|now|then|and|must|should|to me|you) )"
    r"(?:say|state|repeat|output|print|write|reply|respond|answer|confirm|tell me|promise)"
    r"(?: only| exactly| just| back| with| to me| after me| the following| word for word)*(?: that\b| this\b|\s?[:\"'])"
    r"|\b(?:repeat|respond|reply|answer) (?:after me|exactly|only|with)\b|\bagree (?:with|to) (?:me|every|any|what)"
    r"|\bfrom now on\b|\bsystem (?:prompt|message|instruction)|\b(?:developer|debug|god|dan|jailbreak|admin) mode\b"
    r"|\bjailbreak"
    r"|\bnew (?:rules?|instructions?|policy)\b|\blegally binding\b|\byour (?:own |initial )?(?:instructions|prompt)\b"
    r"|(?:忽略|无视|忘掉|忘记|不要(?:遵守|管)|不用管|绕过|抛开|跳过)[^。！？!?]{0,12}?(?:规则|指令|设定|提示|要求"
    r"|限制|上面|以上|之前|前面|资料|政策)"
    r"|(?:说|回复|回答|写|输出|复述|重复|打印|告诉我|确认|承诺|保证)(?:我|一下|以下|下面|这句话?|一遍"
    r"|给我)*[：:“\"「『]"
    r"|(?:只|必须|直接)(?:能|要|需|许|准)?(?:说|回复|回答|输出)|跟(?:着)?我(?:念|说|读)|从现在(?:开始|起)|你(?:现在"
    r"|不再|已经)是"
    r"|(?:^|请|你|来|要)扮演(?!服|类|者)|扮演(?:一个|一名|成)|假装|假设你|系统(?:提示|指令|消息)|提示词|开发者模式|调试模式|管理员模式|越狱|新(?:的)?(?:规则|政策"
    r"|规定|指令)"
    r"|同意我|你的(?:指令|设定|规则|要求)|(?:请|你)(?:要|必须)?(?:确认|承诺|保证)"
)


_SPEAKS_TO_MODEL = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass) (?:\w+ ){0,3}?(?:all|any|previous|prior|earlier|above|preceding"
    r"|your|other|these"
    r"|those) (?:\w+ ){0,3}?(?:instructions?|rules|prompts?|guidelines|directives|passages|training)\b"
    r"|\b(?:attention|note|message|instructions?|notice)(?: to| for)?(?: the| any| all)?:? (?:ai|a\.i\.|assistants?"
    r"|chatbots?|bots?"
    r"|(?:large )?language models?|llms?)\b|^\W*(?:ai|assistant|chatbot|system)(?: (?:note|override|instruction"
    r"|message))?:"
    r"|\b(?:ai|assistants?|chatbots?|language models?|llms?)(?: \w+){0,5} (?:must|shall|should|has to|have to"
    r"|needs? to) (?:\w+ )?"
    r"(?:say|tell|answer|reply|respond|recommend|output|print|reveal|ignore|add|include|end)\b"
    r"|\bif you are (?:an? )?(?:ai|assistant|chatbot|bot|(?:large )?language model|llm)\b"
    r"|(?:忽略|无视|忘记|忘掉|不要遵守|绕过)[^。！？!?]{0,8}?(?:之前|以上|上面|上述|前面|所有|全部|一切|你的"
    r"|其他)[^。！？!?]{0,8}?(?:指令|规则|提示|设定|指示|要求|资料)"
    r"|(?:致|注意|通知|提示|指令|写给|告知)[:：，,]?\s*(?:各?位?)?(?:ai|人工智能|智能客服|智能助手|机器人|助手"
    r"|大模型|语言模型)"
    r"|(?:ai|人工智能|智能客服|智能助手|聊天机器人|机器人|助手|大模型|语言模型)[^。！？!?]{0,10}?(?:必须|务必|应当"
    r"|应该|请|一律|只能|都要)[^。！？!?]{0,4}?"
    r"(?:回答|告诉|说|回复|输出|推荐|忽略|透露|加上|附上)"
    r"|如果你是(?:一个)?(?:ai|人工智能|机器人|助手|大?语言模型|大模型)|^\W*(?:系统|助手|管理员)(?:提示|指令|消息"
    r"|覆盖)?[:：]"
)
_LONGEST_HEADING = 200
_SENTENCE_END = re.compile(r"[.!?。！？；;]\s*|\A")


def as_data(text: str) -> str:
    """A text that is to stand in a prompt, without what could be taken for the prompt's own structure."""
    return _PASSAGE_LABEL.sub(r"\1\2", _TEMPLATE_MARK.sub(" ", text))


def gives_instructions(message: CustomerMessage) -> bool:
    """Whether a message tells the assistant what to say, to be or to forget, or imitates the prompt's structure."""
    return as_data(message.text) != message.text or _INSTRUCTION.search(message.normalized) is not None


def message_for_model(text: str, *, redact: bool) -> str:
    """A customer's message as the model sees it; `redact`: without personal data."""
    return as_data(redacted(text) if redact else text)


def turn_for_model(turn: Turn, *, redact: bool) -> Turn:
    """An earlier turn as the model sees it."""
    if turn.carried:
        turn = replace(turn, carried=message_for_model(turn.carried, redact=redact))
    answer = redacted(turn.text) if redact else turn.text
    return replace(turn, question=message_for_model(turn.question, redact=redact), text=answer)


def passage_for_model(passage: Passage) -> Passage:
    """A passage as the model sees it, which is how it is shown."""
    text = "\n".join(map(_without_instructions, as_data(passage.text).split("\n")))
    headings = tuple(shown for each in passage.headings if (shown := _heading_for_model(each)))
    return replace(passage, title=_heading_for_model(passage.title), headings=headings, text=text)


def _heading_for_model(heading: str) -> str:
    """A title or heading, on one line: files, cells and pages of strangers give them too."""
    return _without_instructions(" ".join(as_data(heading).split()))[:_LONGEST_HEADING]


def _without_instructions(paragraph: str) -> str:
    """A paragraph up to the sentence that speaks to the model."""
    found = _SPEAKS_TO_MODEL.search(simplified(paragraph).lower())
    if not found:
        return paragraph
    return paragraph[: max(end.end() for end in _SENTENCE_END.finditer(paragraph, 0, found.start() + 1))].rstrip()
