"""Asking a set, and its report: what was shown is kept, sessions are erased, and shares are of the right questions."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any, cast

import pytest

from kefu.client import Client, Event
from kefu.common.errors import BackendUnavailable
from kefu.evaluation.conversations.conversation_report import as_text, results_of
from kefu.evaluation.conversations.outcome import Outcome, outcome_of
from kefu.evaluation.conversations.question_run import JudgedAnswer, ask, ask_all
from kefu.office.golden_questions.conversation_question import ConversationQuestion
from kefu.office.golden_questions.verdict import Shown, Verdict, judge
from kefu.router.v1 import chat_pb2 as pb


class ScriptedClient:
    """Answers each text with scripted events, and notes what is asked and erased."""

    def __init__(self, **events: Sequence[Event | Exception]) -> None:
        self.events = events
        self.asked: list[tuple[str, str]] = []
        self.deleted: list[str] = []
        self.open = self.most_open = 0

    async def converse(self, session: str, text: str, **_: Any) -> AsyncGenerator[Event, None]:
        self.asked.append((session, text))
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        yield pb.TurnStarted(session=f"sessions/{text}" if session == "sessions/-" else session)
        for event in self.events.get(text, ()):
            await asyncio.sleep(0)
            if isinstance(event, Exception):
                raise event
            yield event
        self.open -= 1

    async def delete_session(self, session: str) -> None:
        self.deleted.append(session)


def question(ident: str = "1", **fields: Any) -> ConversationQuestion:
    given: dict[str, Any] = {"id": ident, "language": "en", "text": ident, "kind": "yes_no", "person": "no"} | fields
    return ConversationQuestion(**given)


def handed_over(reason: pb.Handoff.Reason.ValueType) -> list[Event]:
    done = pb.TurnCompleted(finish_reason=pb.FINISH_REASON_HANDOFF, source=pb.ANSWER_SOURCE_CANNED)
    return [pb.Handoff(reason=reason, message="A person will help you."), done]


async def test_text_that_a_hand_over_withdraws_was_shown_and_counts() -> None:
    client = ScriptedClient(
        a=[
            pb.TextDelta(offset=0, text="Yes, "),
            pb.TextDelta(offset=5, text="free"),
            pb.TextDelta(offset=0),
            *handed_over(pb.Handoff.REASON_LOW_SUPPORT),
        ]
    )
    found = await ask(cast("Client", client), question("a", polarity="no", before=("hi", "so")), "help")
    assert found.shown.withdrawn == ("Yes, free",)
    assert (found.judgement.verdict, found.judgement.said) == (Verdict.WRONG, "yes")
    assert (found.finish, found.source, found.handoff) == ("handoff", "canned", "low_support")
    assert (found.text, as_text(found)["text"]) == ("Yes, free", "Yes, free"), "not the hand-over's message"
    assert client.asked == [("sessions/-", "hi"), ("sessions/hi", "so"), ("sessions/hi", "a")]
    assert client.deleted == ["sessions/hi"]


async def test_what_an_answer_shows_of_the_pages_tells_whether_it_is_beside() -> None:
    about = {"must": (("7 days",),), "evidence": ("A parcel waits for 7 days at the station.",)}

    async def asked(*supports: pb.Support) -> Outcome:
        client = ScriptedClient(a=[pb.TextDelta(text="It waits."), pb.TurnCompleted(supports=supports)])
        return (await ask(cast("Client", client), question("a", **about), "help")).outcome

    assert await asked() is Outcome.BESIDE
    assert await asked(pb.Support(share=1, evidence="A parcel waits for 7 days at the station.")) is Outcome.HALF
    assert await asked(pb.Support(share=0.4, evidence="A parcel waits for 7 days at the station.")) is Outcome.BESIDE


async def test_a_set_is_asked_one_after_the_other_or_several_at_once() -> None:
    questions = [question(str(number)) for number in range(10)]
    for parallel in (1, 3):
        client = ScriptedClient(**{one.text: [pb.TurnCompleted()] for one in questions})
        found = [one.question.id async for one in ask_all(cast("Client", client), questions, "help", parallel)]
        assert sorted(found) == [one.id for one in questions]
        assert client.most_open == parallel
        assert len(client.deleted) == 10


async def test_a_failed_call_ends_the_asking_and_the_other_calls() -> None:
    client = ScriptedClient(**{"0": [BackendUnavailable("away")], "1": [pb.TurnStarted()] * 1000})
    with pytest.raises(BackendUnavailable):
        async for _ in ask_all(cast("Client", client), [question("0"), question("1")], "help", 2):
            pass
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


def answered(one: ConversationQuestion, text: str = "", handoff: str = "", seconds: float = 1.0) -> JudgedAnswer:
    shown = Shown(text, handed_over=bool(handoff), asks_back=text.endswith("?"), is_fixed=text == "Hello!")
    judgement = judge(one, shown)
    outcome = outcome_of(one, shown, judgement)
    return JudgedAnswer(one, shown, judgement, outcome, "", "", handoff, (), "model", seconds, 2 * seconds)


def test_shares_are_of_the_questions_that_they_are_about() -> None:
    no = {"polarity": "no", "must": (("never",),)}
    found = results_of(
        "shop",
        [
            answered(question("1", **no), "No, never."),
            answered(question("2", **no), "Yes, always."),
            answered(question("3", **no), handoff="nothing_relevant"),
            answered(question("4", language="zh", kind="direct", must=(("七天",),)), "哪一个?"),
            answered(question("5", language="zh", kind="direct", must=(("七天",),)), "七天。", seconds=9),
            answered(question("6", kind="order", person="required"), "It is on its way."),
            answered(question("7", kind="order", person="required"), handoff="model_unavailable"),
            answered(question("8", kind="out_of_scope", person="allowed", must_not=("sun",)), "The sun shines."),
            answered(question("9", kind="small_talk"), "Hello!"),
            answered(question("10", must=(("7 days",),), evidence=("Within 7 days.",)), "Parcels are brown."),
        ],
        planned=12,
        selection="all ids",
    )
    assert (found.answerable.questions, found.with_evidence, found.asked, found.planned) == (6, 1, 10, 12)
    figures = (found.answerable.right, found.answerable.half, found.answerable.beside, found.answerable.wrong)
    assert [figure.value for figure in figures] == [2 / 6, 0, 2 / 6, 1 / 6], "wrong ones are among those beside"
    assert (found.harm.count, found.harm.of) == (1, 6)
    assert (found.affirmed.count, found.affirmed.of) == (1, 2)
    assert (found.refused.count, found.refused.of, found.answerable.asked_back) == (2, 6, 1)
    assert (found.unanswerable_answered.count, found.unanswerable_answered.of) == (2, 3)
    assert found.unavailable == 1
    assert {name: one.questions for name, one in found.languages.items()} == {"en": 4, "zh": 2}
    assert list(found.kinds) == ["direct", "yes_no", "order", "out_of_scope", "small_talk"]
    assert {name: one.questions for name, one in found.persons.items()} == {
        "small talk": 1,
        "a person is allowed": 1,
        "a person is required": 2,
    }
    assert (found.first_text.median, found.first_text.p95, found.total.p95) == (1.0, 9.0, 18.0)
    assert [one["id"] for one in found.as_json()["wrong"]] == ["2", "8"]
    text = found.markdown()
    assert "12 questions (all ids), stopped after 10; model." in text
    assert "- Beside, wrong included: 33.3% [9.7%, 70.0%]; the evidence of 1 of 6 is known" in text
    assert "#### Beside (2)" in text
    assert "- Affirmed though the answer is no: 1 of 2, 50.0%" in text
    assert "1 were handed over because the model or the search did not answer in time" in text
    assert "| answerable, zh | 2 | 50.0%" in text


def test_a_set_of_which_nothing_was_answerable_has_a_report() -> None:
    found = results_of("shop", [answered(question(kind="small_talk"), "Hello!")], 1, "all ids")
    assert (found.harm.of, found.harm.share.value) == (0, 0.0)
    assert "1 questions (all ids); model." in found.markdown()
    assert found.as_json()["wrong"] == []
