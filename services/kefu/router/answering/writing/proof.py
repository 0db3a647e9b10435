"""
Proof: which sentences of a model's answer a customer sees.

A sentence is checked by code at once, and by a second reading while the next ones are being written; it is shown when
both are done, in its place. One that fails is left out. Where the first one does, which carries the answer, nothing is
shown: the answer is over, and has to be written anew. Nothing that was shown is taken back.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field

from kefu.common.aio import cancel_and_wait
from kefu.router.answering.writing.prompt import NOT_FOUND
from kefu.router.guardrails.answer_checks import AnswerChecks
from kefu.router.guardrails.answer_filter import AnswerFilter, SentenceFilter
from kefu.router.guardrails.sentence_gate import TOO_LONG, HeldSentence
from kefu.text.chinese import simplified
from kefu.text.citations import without_citations

SECOND_READING = "second reading"
"""The check that a sentence fails which the model, asked once more, does not find in the passages."""

SecondReading = Callable[[str, str], Coroutine[None, None, bool]]
"""Whether the passages say a sentence; it is given what stands before it in the answer, and the sentence."""


class Unproven:
    """Shows what a model writes as it comes, up to a literal that no evidence holds."""

    check = refused = ""

    def __init__(self, chain: AnswerFilter, say: Callable[[str], None]) -> None:
        self.chain = chain
        self.is_not_found = False
        """See `Proof`."""
        self._say = say
        self._beginning: str | None = ""
        """What may still become NOT_FOUND; None: the answer began otherwise."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be shown."""
        return self.is_not_found or self.chain.blocked is not None

    @property
    def literal(self) -> str:
        """The literal that no evidence holds."""
        return self.chain.blocked or ""

    @property
    def is_cut(self) -> bool:
        """Whether something that was written is not shown."""
        return self.is_over

    def push(self, text: str) -> None:
        """Take what the model wrote."""
        self._say(self.replay(text, ""))

    def replay(self, written: str, _: str) -> str:
        """What is shown of a text that another router took already."""
        if self._beginning is None:
            return self.chain.push(written)
        self._beginning += written
        begun = self._beginning.lstrip()
        self.is_not_found = begun.startswith(NOT_FOUND)
        return "" if self.is_not_found or NOT_FOUND.startswith(begun) else self._begin()

    async def finish(self, *, is_whole: bool) -> None:
        """Nothing more is written."""
        del is_whole
        if not self.is_not_found:
            self._say(self._begin())
        self._say(self.chain.finish())

    def _begin(self) -> str:
        begun, self._beginning = self._beginning, None
        return self.chain.push(begun) if begun else ""

    async def close(self) -> None:
        """Give up what was begun."""


@dataclass
class _Waiting:
    """A sentence whose turn comes when those in front of it were shown or left out."""

    sentence: HeldSentence
    check: str
    """That it has failed already."""
    reading: asyncio.Task[bool] | None


@dataclass
class Proof:
    """Shows the sentences of one answer that are proven."""

    chain: SentenceFilter
    checks: AnswerChecks
    say: Callable[[str], None]
    read_again: SecondReading | None = None
    check: str = ""
    """The first check that a sentence failed."""
    refused: str = ""
    """That sentence."""
    is_not_found: bool = False
    """The model wrote that the passages do not answer, and nothing before it."""
    is_over: bool = False
    """Whether nothing more will be shown."""
    is_cut: bool = False
    """Whether something that was written is not shown."""
    _has_shown: bool = False
    _before: list[str] = field(default_factory=list[str])
    """Sentences that were shown, or will be if their reading says so."""
    _waiting: deque[_Waiting] = field(default_factory=deque[_Waiting])

    @property
    def literal(self) -> str:
        """The literal that no evidence holds, if that is why a sentence failed."""
        return self.checks.literal if self.check == "literal" else ""

    def push(self, text: str) -> None:
        """Take what the model wrote."""
        if not self.is_over:
            self._take(self.chain.push(text))
            if self.chain.overflow:
                self._take([HeldSentence((), self.chain.overflow)], TOO_LONG)

    def replay(self, written: str, shown: str) -> str:
        """What is shown of a text that another router took already; it had `shown` so much of it.

        What stands in front of the last sentence that it showed is decided: it showed that or left it out.
        """
        known = _plain(shown)
        taken = self.chain.push(written)
        was_shown = [bool(text := _plain(each.text)) and text in known for each in taken]
        decided = max((at for at, is_known in enumerate(was_shown, start=1) if is_known), default=0)
        said: list[str] = []
        for sentence, is_known in zip(taken[:decided], was_shown, strict=False):
            if is_known:
                said.append(self.chain.show(sentence))
                self._has_shown = True
                self._before.append(sentence.text)
            else:
                self.is_cut = True
        say, self.say = self.say, said.append
        self._take(taken[decided:])
        self.say = say
        return "".join(said)

    async def finish(self, *, is_whole: bool) -> None:
        """Nothing more is written; returns when all that is proven is shown."""
        if not self.is_over:
            self._take(self.chain.finish(is_whole=is_whole))
        while not self.is_over and self._waiting:
            reading = self._waiting[0].reading
            if reading is not None:
                await asyncio.wait([reading])
            self._release()
        await self.close()

    async def close(self) -> None:
        """Give up what was begun."""
        waiting, self._waiting = self._waiting, deque()
        for each in waiting:
            if each.reading is not None:
                await cancel_and_wait(each.reading)

    def _take(self, sentences: Iterable[HeldSentence], check: str = "") -> None:
        for sentence in sentences:
            if self.is_over:
                return
            if NOT_FOUND in sentence.text:
                self.is_over = self.is_not_found = not self._before
                continue
            failed = check or self.checks.failed(sentence.text)
            reading = None
            if not failed and self.read_again is not None:
                before = " ".join(self._before)
                reading = asyncio.create_task(self.read_again(before, sentence.text), name="second reading")
                reading.add_done_callback(lambda _: self._release())
            if not failed:
                self._before.append(sentence.text)
            self._waiting.append(_Waiting(sentence, failed, reading))
            self._release()

    def _release(self) -> None:
        """Show or leave out the sentences that are decided, from the front."""
        while self._waiting and not self.is_over:
            first = self._waiting[0]
            if first.reading is not None and not first.reading.done():
                return
            self._waiting.popleft()
            check = first.check
            if first.reading is not None and not _was_confirmed(first.reading):
                check = SECOND_READING
                self._before.remove(first.sentence.text)  # what is read from now on does not stand behind it
            if not check:
                self.say(self.chain.show(first.sentence))
                self._has_shown = True
                continue
            self.is_cut = True
            self.check, self.refused = (self.check, self.refused) if self.check else (check, first.sentence.text)
            self.is_over = not self._has_shown


def _was_confirmed(reading: asyncio.Task[bool]) -> bool:
    """Whether a second reading that is over found the sentence in the passages; one that failed did not."""
    return not reading.cancelled() and reading.exception() is None and reading.result()


def _plain(text: str) -> str:
    """A text to be compared by: what is shown has markers, and the customer's variant of Chinese."""
    return simplified("".join(without_citations(text).split()))
