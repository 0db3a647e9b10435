"""The proof: which sentences of an answer a customer sees, in what order, and when nothing more comes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from kefu.router.answering.writing.proof import SECOND_READING, Proof, Unproven
from kefu.router.domain.turn import Passage
from kefu.router.guardrails.answer_checks import AnswerChecks, AskedText
from kefu.router.guardrails.answer_filter import AnswerFilter, SentenceFilter
from kefu.router.guardrails.evidence import LiteralEvidence
from kefu.router.guardrails.sentence_gate import LONGEST_SENTENCE, TOO_LONG

ASKED = "How long does a refund take?"
PAGE = "A refund takes 7 days. A refund to a card takes 3 days more. A refund is free of charge."
FIRST, SECOND, THIRD = "A refund takes 7 days.", "A refund to a card takes 3 days more.", "A refund is free of charge."
WHOLE = f"{FIRST} {SECOND} {THIRD}"
FALSE = "A refund takes 30 days."


@dataclass
class Readings:
    """Second readings, each of which is over when the test says so."""

    waits: dict[str, asyncio.Future[bool]] = field(default_factory=dict[str, "asyncio.Future[bool]"])
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    cancelled: list[str] = field(default_factory=list[str])

    async def read(self, before: str, sentence: str) -> bool:
        self.asked.append((before, sentence))
        self.waits[sentence] = asyncio.get_running_loop().create_future()
        try:
            return await self.waits[sentence]
        except asyncio.CancelledError:
            self.cancelled.append(sentence)
            raise

    async def ends(self, sentence: str, says: bool | Exception) -> None:
        """One reading is over, and whoever waits for it has seen that."""
        if isinstance(says, bool):
            self.waits[sentence].set_result(says)
        else:
            self.waits[sentence].set_exception(says)
        await asyncio.sleep(0.01)


def begun(readings: Readings | None = None, *, question: str = ASKED, page: str = PAGE) -> tuple[Proof, list[str]]:
    """A proof, and what it says."""
    language = "zh" if question != ASKED else "en"
    passages = [Passage(1, "p1", "", (), page, "", 0.9, language)]
    checks = AnswerChecks(AskedText(question, language, passages, LiteralEvidence([question], [("", page)], question)))
    said: list[str] = []
    return Proof(SentenceFilter(passages, question), checks, said.append, readings and readings.read), said


async def shown(text: str, *, step: int = 1_000) -> tuple[Proof, str]:
    proof, said = begun()
    for at in range(0, len(text), step):
        proof.push(text[at : at + step])
    await proof.finish(is_whole=True)
    return proof, "".join(said)


@pytest.mark.parametrize("step", [1, 7, 1_000])
async def test_what_code_can_prove_is_shown_as_it_was_written(step: int) -> None:
    proof, text = await shown(WHOLE, step=step)
    assert text == WHOLE
    assert (proof.is_over, proof.is_cut, proof.check, proof.refused) == (False, False, "", "")


@pytest.mark.parametrize("step", [1, 7, 1_000])
@pytest.mark.parametrize("behind", [SECOND, "NOT_FOUND", FALSE])
async def test_where_the_first_sentence_fails_nothing_is_shown_and_the_answer_is_over(step: int, behind: str) -> None:
    proof, text = await shown(f"{FALSE} {behind}", step=step)
    assert (text, proof.is_over, proof.is_cut, proof.is_not_found) == ("", True, True, False)
    assert (proof.check, proof.refused, proof.literal) == ("literal", FALSE, "30")


@pytest.mark.parametrize("step", [1, 7, 1_000])
async def test_a_later_sentence_that_fails_is_left_out(step: int) -> None:
    proof, text = await shown(f"{FIRST} {FALSE} {THIRD}", step=step)
    assert text == f"{FIRST} {THIRD}"
    assert (proof.is_over, proof.is_cut, proof.refused) == (False, True, FALSE)


@pytest.mark.parametrize("step", [1, 7, 1_000])
@pytest.mark.parametrize(
    "written",
    ["NOT_FOUND", "NOT_FOUND.", "`NOT_FOUND` [1]", "NOT_FOUND\n\nThe refund is not in the passages.", "NOT_FOUND。"],
)
async def test_not_found_is_no_answer_and_is_not_shown(written: str, step: int) -> None:
    proof, text = await shown(written, step=step)
    assert (text, proof.is_not_found, proof.is_over, proof.refused) == ("", True, True, "")


@pytest.mark.parametrize("step", [1, 7, 1_000])
async def test_not_found_behind_a_sentence_that_was_shown_is_passed_over(step: int) -> None:
    proof, text = await shown(f"{FIRST} NOT_FOUND. {THIRD}", step=step)
    assert (text, proof.is_not_found, proof.is_over) == (f"{FIRST} {THIRD}", False, False)


async def test_what_does_not_end_is_a_sentence_that_failed() -> None:
    proof, text = await shown("word " * LONGEST_SENTENCE, step=10)
    assert (text, proof.is_over, proof.check) == ("", True, TOO_LONG)


async def test_sentences_are_shown_in_their_order_whichever_reading_is_over_first() -> None:
    readings = Readings()
    proof, said = begun(readings)
    proof.push(f"{WHOLE} ")
    finishing = asyncio.create_task(proof.finish(is_whole=True))
    await asyncio.sleep(0.01)
    assert readings.asked == [("", FIRST), (FIRST, SECOND), (f"{FIRST} {SECOND}", THIRD)]
    await readings.ends(THIRD, says=True)
    await readings.ends(SECOND, says=True)
    assert said == []
    await readings.ends(FIRST, says=True)
    await finishing
    assert "".join(said) == WHOLE


async def test_a_sentence_is_shown_as_soon_as_it_is_confirmed_and_no_sooner() -> None:
    readings = Readings()
    proof, said = begun(readings)
    proof.push(f"{FIRST} {SECOND} A refund")
    await asyncio.sleep(0.01)
    assert said == []
    await readings.ends(FIRST, says=True)
    assert "".join(said) == FIRST
    await proof.close()


@pytest.mark.parametrize("says", [False, RuntimeError("no time is left")])
async def test_a_later_sentence_that_is_not_confirmed_is_left_out(says: bool | Exception) -> None:
    readings = Readings()
    proof, said = begun(readings)
    proof.push(f"{WHOLE} ")
    finishing = asyncio.create_task(proof.finish(is_whole=True))
    await asyncio.sleep(0.01)
    for sentence, answer in ((FIRST, True), (SECOND, says), (THIRD, True)):
        await readings.ends(sentence, answer)
    await finishing
    assert "".join(said) == f"{FIRST} {THIRD}"
    assert (proof.check, proof.refused, proof.is_cut) == (SECOND_READING, SECOND, True)


async def test_where_the_first_sentence_is_not_confirmed_the_other_readings_are_given_up() -> None:
    readings = Readings()
    proof, said = begun(readings)
    proof.push(f"{FIRST} {SECOND} ")
    finishing = asyncio.create_task(proof.finish(is_whole=True))
    await asyncio.sleep(0.01)
    await readings.ends(FIRST, says=False)
    await finishing
    assert (said, proof.is_over, proof.refused, readings.cancelled) == ([], True, FIRST, [SECOND])
    proof.push(THIRD)
    assert len(readings.asked) == 2


async def test_what_code_refuses_is_not_read_again() -> None:
    readings = Readings()
    proof, _ = begun(readings)
    proof.push(f"{FALSE} {SECOND} {THIRD} ")
    await asyncio.sleep(0.01)
    assert readings.asked == []


async def test_closing_gives_up_what_is_being_read_and_shows_nothing_of_it() -> None:
    readings = Readings()
    proof, said = begun(readings)
    proof.push(f"{FIRST} {SECOND} A refund")
    await asyncio.sleep(0.01)
    await proof.close()
    assert (readings.cancelled, said) == ([FIRST, SECOND], [])


async def test_what_another_router_showed_is_shown_again_and_the_rest_is_read() -> None:
    readings = Readings()
    proof, said = begun(readings)
    assert proof.replay(f"{FIRST} {SECOND} {THIRD} A", f"{FIRST} {SECOND}") == f"{FIRST} {SECOND}"
    await asyncio.sleep(0.01)
    assert readings.asked == [(f"{FIRST} {SECOND}", THIRD)]
    await readings.ends(THIRD, says=True)
    assert "".join(said) == f" {THIRD}"
    await proof.close()


async def test_what_another_router_left_out_stays_out_and_what_it_showed_behind_that_stays() -> None:
    readings = Readings()
    proof, said = begun(readings)
    assert proof.replay(f"{WHOLE} A", f"{FIRST} {THIRD}") == f"{FIRST} {THIRD}"
    await asyncio.sleep(0.01)
    assert (readings.asked, said, proof.is_cut) == ([], [], True)


@pytest.mark.parametrize("shown_before", ["", FIRST])
async def test_what_code_proves_of_the_rest_comes_behind_what_was_shown(shown_before: str) -> None:
    """It was said at once, in front of what the other router had shown."""
    proof, said = begun()
    assert proof.replay(f"{FIRST} {SECOND} A", shown_before) == f"{FIRST} {SECOND}"
    proof.push(" refund is free of charge. ")
    await proof.finish(is_whole=True)
    assert "".join(said) == f" {THIRD}"


async def test_what_was_shown_in_traditional_characters_is_known_again() -> None:
    readings = Readings()
    page = "退款需要 7 天。退款到银行卡再加 3 天。"
    proof, _ = begun(readings, question="退款需要幾天？銀行卡呢？", page=page)
    written = "退款需要 7 天[1]。退款到银行卡再加 3 天[1]。请"
    assert (
        proof.replay(written, "退款需要 7 天[1]。退款到銀行卡再加 3 天[1]。")
        == "退款需要 7 天[1]。退款到銀行卡再加 3 天[1]。"
    )
    await asyncio.sleep(0.01)
    assert readings.asked == []


def cut(text: str, at: Sequence[int]) -> list[str]:
    edges = [0, *at, len(text)]
    return [text[a:b] for a, b in pairwise(edges)]


async def test_half_a_sentence_is_neither_read_nor_shown_where_the_model_was_cut_off() -> None:
    proof, said = begun()
    for piece in cut(f"{FIRST} A refund to a card takes", [5, 30]):
        proof.push(piece)
    await proof.finish(is_whole=False)
    assert "".join(said) == FIRST


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        (["NOT", "_FOUND"], ""),
        (["\n", "NOT_FOUND", " in the passages."], ""),
        (["NOT"], "NOT"),
        (["N", "o, it does not."], "No, it does not."),
        (["It is NOT_FOUND", "."], "It is NOT_FOUND."),
        ([], ""),
    ],
)
async def test_the_word_for_nothing_found_is_not_shown_where_nothing_is_proven_either(
    pieces: list[str], told: str
) -> None:
    said: list[str] = []
    evidence = LiteralEvidence([ASKED], [("", PAGE)], ASKED)
    proof = Unproven(AnswerFilter([Passage(1, "p1", "", (), PAGE, "", 0.9, "en")], evidence, ASKED), said.append)
    for piece in pieces:
        proof.push(piece)
    await proof.finish(is_whole=True)
    assert "".join(said) == told
    assert proof.is_not_found == proof.is_over == ("".join(pieces).strip().startswith("NOT_FOUND"))
