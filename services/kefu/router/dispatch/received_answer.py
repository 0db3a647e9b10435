"""Received answer: what came of an answer so far, what another replica needs to go on, and how evenly frames came."""

import time
from dataclasses import dataclass, field, replace

from kefu.router import metrics
from kefu.router.domain.generation import Frame, GenerationEnd, PartialAnswer


@dataclass
class ReceivedAnswer:
    """Frames of one answer, from all replicas that wrote it."""

    fingerprint: str = ""
    """Fingerprint of the weights that made the token ids."""
    frames: int = 0
    continuations: int = 0
    """Times that a replica broke off and another one went on."""
    _token_ids: list[int] = field(default_factory=list[int])
    _reasoning_tokens: int = 0
    _texts: list[str] = field(default_factory=list[str])
    _has_all_token_ids: bool = True  # every frame so far came with its token ids
    _first_at: float = 0.0
    _last_at: float = 0.0
    _longest_gap: float = 0.0

    @classmethod
    def continuing(cls, partial: PartialAnswer | None) -> "ReceivedAnswer":
        """A received answer that begins with what another router received; an empty one for None."""
        if partial is None:
            return cls()
        now = time.monotonic()
        return cls(
            fingerprint=partial.fingerprint,
            frames=1,
            continuations=1,
            _token_ids=list(partial.token_ids),
            _texts=[partial.text],
            _has_all_token_ids=bool(partial.token_ids or not partial.text),
            _first_at=now,
            _last_at=now,
        )

    def set_writer(self, fingerprint: str) -> None:
        """Record that a replica with these weights writes from here on."""
        if self.frames and fingerprint != self.fingerprint:
            self._has_all_token_ids = False  # token ids of two vocabularies: only the text can be continued
        self.fingerprint = fingerprint

    def add(self, frame: Frame) -> None:
        """Record a frame that came now."""
        now = time.monotonic()
        if self.frames:
            self._longest_gap = max(self._longest_gap, now - self._last_at)
        else:
            self._first_at = now
        self._last_at = now
        self.frames += 1
        self._has_all_token_ids = self._has_all_token_ids and bool(frame.token_ids or not frame.text)
        self._token_ids.extend(frame.token_ids)
        if frame.reasoning:
            self._reasoning_tokens += len(frame.token_ids)
        else:
            self._texts.append(frame.text)

    def partial_answer(self) -> PartialAnswer:
        """What another replica continues; without token ids when a frame came without them."""
        return PartialAnswer(
            tuple(self._token_ids) if self._has_all_token_ids else (), "".join(self._texts), self.fingerprint
        )

    def with_total_usage(self, ended: GenerationEnd, prompt_tokens: int) -> GenerationEnd:
        """The end with the usage of the whole answer, since the last replica counted only what it wrote itself."""
        if not self.continuations:
            return ended
        usage = replace(
            ended.usage,
            prompt_tokens=prompt_tokens or ended.usage.prompt_tokens,
            completion_tokens=max(len(self._token_ids), ended.usage.completion_tokens),
            reasoning_tokens=max(self._reasoning_tokens, ended.usage.reasoning_tokens),
        )
        return replace(ended, usage=usage)

    def observe(self) -> None:
        """Observe the metrics of a finished answer. Once an answer, for per frame it would cost more than it tells."""
        if self.frames > 1:
            written = max(len(self._token_ids), self.frames)
            metrics.BETWEEN_TOKENS_SECONDS.observe((self._last_at - self._first_at) / (written - 1))
            metrics.LONGEST_GAP_SECONDS.observe(self._longest_gap)
