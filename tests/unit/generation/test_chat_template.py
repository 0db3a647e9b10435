"""Prompts: the model's own template, no system role for R1, an empty think block where no thinking is asked for."""

from collections.abc import Sequence

from kefu.generation.decoding.chat_template import ChatTemplate
from kefu.generation.engine import Message

ASKED = (Message("system", "Be brief."), Message("user", "Why?"))
R1_TEMPLATE = "{{ ... }}<｜Assistant｜><think>\\n ... </think>"


def render_r1(messages: Sequence[Message], think: bool) -> str:
    return "".join(f"<{m.role}>{m.content}" for m in messages) + "<｜Assistant｜><think>\n"


def render_plain(messages: Sequence[Message], think: bool) -> str:
    return "".join(f"<{m.role}>{m.content}" for m in messages) + "<assistant>\n"


def test_an_r1_model_answers_at_once_behind_an_empty_think_block() -> None:
    prompt = ChatTemplate.of(R1_TEMPLATE, {}).prompt(ASKED, think=False, render=render_r1)
    assert prompt.text.endswith("<｜Assistant｜><think>\n\n</think>\n\n")
    assert not prompt.reasoning_opened


def test_an_r1_model_that_may_think_begins_inside_the_block_its_template_opens() -> None:
    prompt = ChatTemplate.of(R1_TEMPLATE, {}).prompt(ASKED, think=True, render=render_r1)
    assert prompt.text.endswith("<think>\n")
    assert prompt.reasoning_opened


def test_an_r1_model_gets_its_instructions_in_the_user_turn_and_deepseeks_sampling() -> None:
    chat_format = ChatTemplate.of(R1_TEMPLATE, {})
    prompt = chat_format.prompt(ASKED, think=False, render=render_r1)
    assert prompt.text.startswith("<user>Be brief.\n\nWhy?")
    assert (chat_format.temperature, chat_format.top_p) == (0.6, 0.95)


def test_a_model_that_does_not_think_gets_no_block_and_says_so() -> None:
    chat_format = ChatTemplate.of("plain template", {"temperature": 0.7})
    assert not chat_format.supports_reasoning
    assert chat_format.temperature == 0.7
    prompt = chat_format.prompt(ASKED, think=True, render=render_plain)
    assert prompt.text == "<system>Be brief.<user>Why?<assistant>\n"
    assert not prompt.reasoning_opened


def test_a_template_that_refuses_the_system_role_gets_it_folded() -> None:
    def refuses(messages: Sequence[Message], think: bool) -> str:
        if any(message.role == "system" for message in messages):
            raise ValueError("System role not supported")
        return render_plain(messages, think)

    prompt = ChatTemplate.of("plain", {}).prompt(ASKED, think=False, render=refuses)
    assert prompt.text == "<user>Be brief.\n\nWhy?<assistant>\n"


def test_a_template_that_closes_the_block_itself_gets_no_second_one() -> None:
    def qwen3(messages: Sequence[Message], think: bool) -> str:
        return render_plain(messages, think) + ("" if think else "<think>\n\n</think>\n\n")

    prompt = ChatTemplate.of("{% if enable_thinking %}...</think>", {}).prompt(ASKED, think=False, render=qwen3)
    assert prompt.text.count("</think>") == 1
