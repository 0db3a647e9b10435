"""What is read out of a message."""

from kefu.router.actions.asked_action import known_messages, known_texts
from kefu.router.answering.triage.message_traits import INTENT, read_message, weights, word_features
from kefu.router.domain.triage import MessageReading, Mood, Urgency
from kefu.router.nlu.message import CustomerMessage
from loadtest.quality import triage as quality
from tests.support.table import table


def near(intent: str) -> list[float]:
    """The cosines of a message that is like those of an intent."""
    like = set(known_messages()[intent])
    usual = zip(known_texts(), weights().mean, strict=True)
    return [cosine + 0.05 if text in like else cosine for text, cosine in usual]


def test_the_weights_belong_to_the_known_messages_and_to_the_features() -> None:
    used, features = weights(), len(word_features(CustomerMessage("hm")))
    assert len(used.mean) == len(known_texts())
    assert {len(each) for each in used.questions.values()} == {1 + len(known_texts()) + features}
    assert {name.removeprefix(INTENT) for name in used.questions if name.startswith(INTENT)} == set(known_messages())


@table("intent", ["order_status", "return_refund", "account_security", "invoice", "praise", "spam"])
def test_a_message_like_those_of_an_intent_has_it(intent: str) -> None:
    read = read_message(CustomerMessage("qzx"), near(intent))
    assert (read.intent, read.is_compared) == (intent, True)
    assert 0.3 <= read.likelihood <= 1


def test_a_message_that_tells_nothing_is_of_normal_urgency_and_no_intent() -> None:
    assert read_message(CustomerMessage("qzx"), None) == MessageReading()


@table(
    ("text", "intent", "urgency"),
    [
        ("hello", "small_talk", Urgency.LOW),
        ("谢谢", "small_talk", Urgency.LOW),
        ("let me talk to a person", "human_request", Urgency.NORMAL),
        ("I want to kill myself", "", Urgency.CRITICAL),
        ("我不想活了", "", Urgency.CRITICAL),
    ],
)
def test_words_alone_tell_small_talk_a_wish_for_a_person_and_dangers(text: str, intent: str, urgency: Urgency) -> None:
    read = read_message(CustomerMessage(text), None)
    assert (read.intent, read.urgency, read.is_compared) == (intent, urgency, False)


def test_words_alone_tell_abuse_and_that_somebody_is_unhappy() -> None:
    assert read_message(CustomerMessage("you are an idiot"), None).is_abuse
    assert read_message(CustomerMessage("你是个傻逼"), None).is_abuse
    assert read_message(CustomerMessage("this is terrible, I am so disappointed"), None).mood is Mood.UNHAPPY


def test_a_danger_stays_critical_whatever_the_comparison_says() -> None:
    assert read_message(CustomerMessage("I want to kill myself"), near("praise")).urgency is Urgency.CRITICAL


def test_most_messages_that_nothing_was_fitted_to_are_read_rightly() -> None:
    found = [each for each in quality.labelled() if not each.is_even and each.source != "rules"]
    rows = quality.cosines_of([each.text for each in found]).tolist()
    read = [read_message(CustomerMessage(each.text), row) for each, row in zip(found, rows, strict=True)]
    pairs = list(zip(found, read, strict=True))
    assert sum(each.intent == one.intent for each, one in pairs) / len(pairs) > 0.68
    assert sum(each.mood is one.mood for each, one in pairs) / len(pairs) > 0.75
    assert sum(each.urgency is one.urgency for each, one in pairs) / len(pairs) > 0.72
    critical = [one.urgency for each, one in pairs if each.urgency is Urgency.CRITICAL]
    assert critical.count(Urgency.CRITICAL) / len(critical) > 0.5
    assert critical.count(Urgency.LOW) == 0
