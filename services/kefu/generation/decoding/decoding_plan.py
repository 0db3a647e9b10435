"""Planning: from a request to the token ids and limits that one answer is decoded with, the same for every engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from kefu.common.errors import BadRequest, CannotChoose, CannotContinue, PromptTooLong
from kefu.generation.decoding.chat_template import ChatTemplate, PromptText
from kefu.generation.decoding.choice import ChoiceTokens
from kefu.generation.decoding.decoder import DecodingPlan
from kefu.generation.decoding.reasoning import FORCED_CLOSE
from kefu.generation.decoding.tokenizer import Tokenizer
from kefu.generation.engine import GenerationRequest, ModelDescription

_TAIL_TOKENS = 16


@dataclass(frozen=True)
class Planner:
    """Plans answers of one model. `default_reasoning_tokens`: cap on reasoning for a request that names none."""

    tokenizer: Tokenizer
    template: ChatTemplate
    description: ModelDescription
    default_reasoning_tokens: int

    @cached_property
    def _choice_tokens(self) -> ChoiceTokens:
        return ChoiceTokens(self.tokenizer)

    def plan(self, request: GenerationRequest) -> DecodingPlan:
        """Raises PromptTooLong, CannotContinue, CannotChoose, and BadRequest with the name of the wrong field."""
        if request.choices and not self.description.supports_choices:
            raise CannotChoose("This replica does not tell how probable its tokens were; ask one that does.")
        if request.adapter and request.adapter not in self.description.adapters:
            known = ", ".join(self.description.adapters) or "none"
            raise BadRequest("adapter", f"is {request.adapter!r}, and this replica has these adapters: {known}.")
        plan = self._plan(request)
        reserved = min(
            plan.max_tokens + (plan.reasoning_tokens if plan.splits_reasoning else 0),
            self.description.max_model_tokens // 4,
        )
        prompt_tokens, max_prompt_tokens = len(plan.prompt_ids), self.description.max_model_tokens - reserved
        if prompt_tokens > max_prompt_tokens:
            raise PromptTooLong(prompt_tokens, max_prompt_tokens)
        return plan

    def _plan(self, request: GenerationRequest) -> DecodingPlan:
        constrained = bool(request.json_schema)
        think = request.reasoning_tokens is not None and self.template.supports_reasoning
        if request.messages:
            prompt, prompt_ids = self._prompt(request, think=think, must_open=think and constrained)
        else:
            prompt = PromptText("", reasoning_opened=False)
            self._check_ids("tokens.token_ids", request.token_ids)
            prompt_ids = list(request.token_ids)
            if constrained:
                think = False  # where the reasoning of such a prompt begins is not known
        sent: tuple[int, ...] = ()
        splits = self.template.supports_reasoning and (think or not constrained)
        if (before := request.continuation) is not None and (before.token_ids or before.text):
            if constrained:
                raise CannotContinue("An answer under a JSON schema cannot be continued; start over.")
            if before.token_ids and before.fingerprint == self.description.fingerprint:
                self._check_ids("continuation.token_ids", before.token_ids)
                sent = before.token_ids
            elif before.text:
                # A partial answer holds no reasoning as text, so an answer continued from text reasons no more.
                if request.messages and think:
                    prompt, prompt_ids = self._prompt(request, think=False)
                prompt_ids = [*prompt_ids, *self.tokenizer.encode(before.text)]
                splits = False
            else:
                raise CannotContinue(
                    "These token ids were made by another model; continue from text, or start over.",
                    metadata={"fingerprint": self.description.fingerprint},
                )
        return DecodingPlan(
            prompt_ids=tuple(prompt_ids),
            sent_ids=sent,
            splits_reasoning=splits,
            reasoning_opened=prompt.reasoning_opened and splits,
            reasoning_tokens=(request.reasoning_tokens or self.default_reasoning_tokens) if think else 0,
            forced_close_ids=tuple(self.tokenizer.encode(FORCED_CLOSE)) if splits else (),
            max_tokens=request.max_tokens,
            stop=request.stop,
            constrained=constrained,
            choice_ids=self._choice_ids(prompt.text, prompt_ids, request.choices),
        )

    def _choice_ids(self, prompt: str, prompt_ids: Sequence[int], choices: Sequence[str]) -> tuple[int, ...]:
        if not choices:
            return ()
        text = prompt or self.tokenizer.decode(prompt_ids[-_TAIL_TOKENS:])  # a prompt of tokens has no text
        return self._choice_tokens.first_tokens(text, choices)

    def _prompt(
        self, request: GenerationRequest, *, think: bool, must_open: bool = False
    ) -> tuple[PromptText, list[int]]:
        prompt = self.template.prompt(request.messages, think=think, render=self.tokenizer.render, must_open=must_open)
        return prompt, self.tokenizer.encode(prompt.text)

    def _check_ids(self, field: str, token_ids: Sequence[int]) -> None:
        if max(token_ids) >= self.tokenizer.size:
            raise BadRequest(field, f"holds an id that is not below {self.tokenizer.size}, the tokenizer's size.")
