"""Choices: the tokens that they begin with, and probabilities that sum to one."""

import math
from collections.abc import Sequence

import pytest

from kefu.common.errors import BadRequest, CannotChoose
from kefu.generation.decoding.chat_template import ChatTemplate
from kefu.generation.decoding.choice import ChoiceScores, ChoiceTokens, choose_answer, most_probable, normalise
from kefu.generation.decoding.decoding_plan import Planner
from kefu.generation.engine import (
    Channel,
    Event,
    Finished,
    FinishReason,
    GenerationRequest,
    Message,
    ModelDescription,
    Piece,
    Started,
)


class Words:
    """One token a word with the space before it; `<end>` is no text, and line ends are one token."""

    size = 1000
    chat_template = ""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self.encoded: list[str] = []

    def encode(self, text: str) -> list[int]:
        self.encoded.append(text)
        ids: list[int] = []
        while text:
            length = self._length(text)
            ids.append(self._ids.setdefault(text[:length], len(self._ids)))
            text = text[length:]
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        words = list(self._ids)
        return "".join("" if words[each].startswith("<") else words[each] for each in ids)

    def render(self, messages: Sequence[Message], think: bool) -> str:
        return "".join(message.content for message in messages) + "<end>say\n"

    @staticmethod
    def _length(text: str) -> int:
        if text[0] == "<":
            return text.index(">") + 1
        if text[0] == "\n":
            return len(text) - len(text.lstrip("\n"))
        length = 1
        while length < len(text) and text[length] not in " <\n":
            length += 1
        return length


def planner(tokenizer: Words, *, chooses: bool = True) -> Planner:
    description = ModelDescription("m", "simulated", "1", "f", 100, False, True, False, "cpu", supports_choices=chooses)
    return Planner(tokenizer, ChatTemplate(False, False, 0.3, 0.9), description, 64)


def test_choices_are_told_by_the_token_that_follows_the_prompt() -> None:
    tokenizer = Words()
    request = GenerationRequest((Message("user", "Is it?"),), choices=("yes of course", "no"), max_tokens=1)
    plan = planner(tokenizer).plan(request)
    assert [tokenizer.decode([token]) for token in plan.choice_ids] == ["yes", "no"]


def test_a_prompt_of_tokens_has_choices_too() -> None:
    tokenizer = Words()
    ids = tuple(tokenizer.encode("It is"))
    plan = planner(tokenizer).plan(GenerationRequest(token_ids=ids, choices=(" yes", " no"), max_tokens=1))
    assert [tokenizer.decode([token]) for token in plan.choice_ids] == [" yes", " no"]


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        (("yes", "yes indeed"), "'yes' and 'yes indeed' begin with the same token"),
        (("\nyes", "no"), "merges with the end of the prompt"),
        (("<end>", "no"), "begins with a token that is no text"),
    ],
)
def test_choices_that_one_token_cannot_tell_are_refused(choices: tuple[str, ...], says: str) -> None:
    with pytest.raises(BadRequest, match=says) as refused:
        planner(Words()).plan(GenerationRequest((Message("user", "Is it?"),), choices=choices))
    assert "choices" in refused.value.message


def test_a_model_that_cannot_choose_says_so() -> None:
    with pytest.raises(CannotChoose):
        planner(Words(), chooses=False).plan(GenerationRequest((Message("user", "Is it?"),), choices=("a", "b")))


def test_of_a_long_prompt_only_the_end_is_tokenized_and_only_once() -> None:
    tokenizer = Words()
    tokens = ChoiceTokens(tokenizer)
    first = tokens.first_tokens("a long story " * 1000 + "<end>say\n", ("yes", "no"))
    assert set(tokenizer.encoded) == {"<end>say\n", "<end>say\nyes", "<end>say\nno"}
    tokenizer.encoded.clear()
    assert tokens.first_tokens("another one<end>say\n", ("yes", "no")) == first
    assert tokenizer.encoded == []


def test_probabilities_sum_to_one_however_small_the_weights() -> None:
    found = normalise((-1000.0, -1001.0, -1002.0))
    assert sum(math.exp(each) for each in found) == pytest.approx(1.0)
    assert found[0] - found[2] == pytest.approx(2.0)
    assert normalise((0.0, -math.inf)) == (0.0, -math.inf)


def test_of_equals_the_first_is_answered() -> None:
    assert most_probable(("a", "b", "c"), (-2.0, -1.0, -1.0)) == "b"


async def test_the_answer_is_the_choice_and_one_token() -> None:
    class Source:
        async def score(self, prompt_ids: Sequence[int], token_ids: Sequence[int]) -> ChoiceScores:
            assert len(token_ids) == 2
            return ChoiceScores((-3.0, -3.0 + math.log(3)), cached_prompt_tokens=2)

    tokenizer = Words()
    request = GenerationRequest((Message("user", "Is it?"),), choices=("yes", "no"), max_tokens=1)
    plan = planner(tokenizer).plan(request)
    events: list[Event] = [event async for event in choose_answer(Source(), plan, request.choices)]
    prompt = len(plan.prompt_ids)
    assert events[:2] == [Started(prompt), Piece(Channel.TEXT, "no")]
    end = events[2]
    assert isinstance(end, Finished)
    assert end[:5] == (FinishReason.STOP, prompt, 2, 1, 0)
    assert end.choice_log_probabilities == pytest.approx((math.log(0.25), math.log(0.75)))
