"""Plans of answers: schemas and reasoning, continuation, adapters, and prompts that are too long."""

from collections.abc import Sequence

import pytest

from kefu.common.errors import BadRequest, CannotContinue, PromptTooLong
from kefu.generation.decoding.chat_template import ChatTemplate
from kefu.generation.decoding.decoding_plan import Planner
from kefu.generation.decoding.reasoning import FORCED_CLOSE
from kefu.generation.engine import Continuation, GenerationRequest, Message, ModelDescription

QUESTION = (Message("user", "Why?"),)
SCHEMA = '{"type": "object"}'


class Bytes:
    """One token a byte."""

    size = 256
    chat_template = "<think></think>"

    def encode(self, text: str) -> list[int]:
        return list(text.encode())

    def decode(self, ids: Sequence[int]) -> str:
        return bytes(ids).decode(errors="replace")

    def render(self, messages: Sequence[Message], think: bool) -> str:
        return "".join(message.content for message in messages) + "\nSay: "


def planner(*, reasons: bool = True, limit: int = 1000) -> Planner:
    description = ModelDescription("m", "simulated", "1", "f", limit, reasons, True, False, "cpu", ("polite",))
    return Planner(Bytes(), ChatTemplate(reasons, True, 0.3, 0.9), description, 64)


def text_of(ids: Sequence[int]) -> str:
    return Bytes().decode(ids)


def test_a_schema_without_reasoning_is_obeyed_from_the_first_token() -> None:
    plan = planner().plan(GenerationRequest(QUESTION, json_schema=SCHEMA))
    assert (plan.constrained, plan.splits_reasoning, plan.reasoning_tokens) == (True, False, 0)
    assert text_of(plan.prompt_ids).endswith("</think>\n\n")  # a model that reasons is told that it has


def test_with_a_schema_the_block_of_reasoning_is_opened_in_the_prompt() -> None:
    plan = planner().plan(GenerationRequest(QUESTION, json_schema=SCHEMA, reasoning_tokens=0))
    assert (plan.constrained, plan.reasoning_opened, plan.reasoning_tokens) == (True, True, 64)
    assert text_of(plan.prompt_ids).endswith("<think>\n")
    assert text_of(plan.forced_close_ids) == FORCED_CLOSE


def test_a_model_that_cannot_reason_ignores_that_it_may() -> None:
    plan = planner(reasons=False).plan(GenerationRequest(QUESTION, json_schema=SCHEMA, reasoning_tokens=5))
    assert (plan.constrained, plan.splits_reasoning, plan.reasoning_tokens) == (True, False, 0)


def test_tokens_with_a_schema_are_not_reasoned_about() -> None:
    plan = planner().plan(GenerationRequest(token_ids=(1, 2), json_schema=SCHEMA, reasoning_tokens=5))
    assert (plan.constrained, plan.splits_reasoning) == (True, False)


@pytest.mark.parametrize("begun", [Continuation((1,), "", "f"), Continuation((), "{", "")], ids=["ids", "text"])
def test_an_answer_under_a_schema_is_not_continued(begun: Continuation) -> None:
    with pytest.raises(CannotContinue):
        planner().plan(GenerationRequest(QUESTION, json_schema=SCHEMA, continuation=begun))


def test_an_empty_continuation_is_none() -> None:
    plan = planner().plan(GenerationRequest(QUESTION, json_schema=SCHEMA, continuation=Continuation()))
    assert plan.sent_ids == ()


def test_an_adapter_is_one_that_the_replica_has() -> None:
    assert planner().plan(GenerationRequest(QUESTION, adapter="polite")).prompt_ids
    with pytest.raises(BadRequest, match="polite"):
        planner().plan(GenerationRequest(QUESTION, adapter="rude"))


def test_room_for_the_answer_is_kept_up_to_a_quarter() -> None:
    with pytest.raises(PromptTooLong) as refused:
        planner(limit=400).plan(GenerationRequest((Message("user", "x" * 400),), max_tokens=390))
    assert refused.value.max_prompt_tokens == 300
