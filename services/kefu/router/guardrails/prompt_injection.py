"""
Prompt injection: what customers and documents say is data, whatever it says.

Marks by which a model's template tells who speaks are taken out, so that no text can end its own message and begin
another one; and so are labels of passages, which would make a customer's words look like evidence. Messages that tell
the assistant what to say or what to forget are answered like others, but what they say is no evidence. A paragraph of a
document that speaks to the assistant is left out from there on, for the model and as evidence.

The phrases here are Chinese and English. Those of other languages, and what no phrase betrays, the search tells by the
embeddings (see SearchResponse.instruction_score and SearchHit.instructions_from).
"""

import re
from dataclasses import replace
from functools import lru_cache

from kefu.router.domain.turn import Passage, Turn
from kefu.router.nlu.message import CustomerMessage
from kefu.router.nlu.packs import PACKS
from kefu.text.chinese import simplified
from kefu.text.linear_pattern import LinearPattern
from kefu.text.pii import redacted

_TEMPLATE_MARK = LinearPattern(
    r"(?im)<[|｜][^<>|｜\n]{1,40}[|｜]>"  # ChatML, Llama 3, DeepSeek, Phi, Granite, Command R, gpt-oss
    r"|</?(?:think|tools?|tool_calls?|tool_response|s|bos|eos|pad|unk|mask|sop|eop|用户|AI)>"
    r"|<(?:start|end)_of_(?:turn|image)>|<(?:reserved|unused|extra_id)_?\d{1,4}>|<seed:[a-z_]{1,40}>|<</?SYS>>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_(?:CALLS|RESULTS|CONTENT)|ARGS|CALL_ID|IMG(?:_BREAK|_END)?|THINK"
    r"|[gs]?MASK)\]"  # Mistral, GLM
    r"|^[ \t]*\#{2,4}[ \t]*(?:Instruction|Response|Input|System|User|Human|Assistant)s?[ \t]*:"  # Alpaca, Solar
)
_PASSAGE_LABEL = LinearPattern(r"(?im)^(\W{0,8}(?:passage|资料|資料)\s*)\[\s*(\d+)\s*\]")
_LONGEST_HEADING = 200
_SENTENCE_END = re.compile(r"[.!?。！？；;]\s*|\A")


def as_data(text: str) -> str:
    """A text that is to stand in a prompt, without what could be taken for the prompt's own structure."""
    return _PASSAGE_LABEL.sub(r"\1\2", _TEMPLATE_MARK.sub(" ", text))


def gives_instructions(message: CustomerMessage) -> bool:
    """Whether a message tells the assistant what to say, to be or to forget, or imitates the prompt's structure."""
    if as_data(message.text) != message.text:
        return True
    return any(pack.instructions.in_message.search(message.normalized) for pack in PACKS)


def overrides_rules(message: CustomerMessage) -> bool:
    """Whether a message tells the assistant to forget its rules, or to tell them: surer than `gives_instructions`."""
    return any(pack.instructions.override.search(message.normalized) for pack in PACKS)


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
    text = _text_for_model(passage.text)
    headings = tuple(shown for each in passage.headings if (shown := _heading_for_model(each)))
    return replace(passage, title=_heading_for_model(passage.title), headings=headings, text=text)


@lru_cache(maxsize=2048)
def _text_for_model(text: str) -> str:
    """Remembered: the same passages are found again and again."""
    return "\n".join(map(_without_instructions, as_data(text).split("\n")))


@lru_cache(maxsize=4096)
def _heading_for_model(heading: str) -> str:
    """A title or heading, on one line: files, cells and pages of strangers give them too."""
    return _without_instructions(" ".join(as_data(heading).split()))[:_LONGEST_HEADING]


def _without_instructions(paragraph: str) -> str:
    """A paragraph up to the sentence that speaks to the model."""
    plain = simplified(paragraph).lower()
    begins = [found.start() for pack in PACKS if (found := pack.instructions.in_document.search(plain))]
    if not begins:
        return paragraph
    return paragraph[: max(end.end() for end in _SENTENCE_END.finditer(paragraph, 0, min(begins) + 1))].rstrip()
