"""
What a message says: its intent, urgency and mood, and whether it is abusive.

Learnt. The features are the message's cosines to the known messages of `kefu.router.actions.asked_action`, in which
most of its embedding can be told again, and a few of its readings by words (`word_features`). Each question has a
logistic regression of them: each intent, "at least normal", "at least high", "critical", "not calm", "angry",
"abusive". `python -m loadtest.quality.triage` fits `weights.json` to even ids of loadtest/training/intents and reports
on odd ones. The cosines are those of the embedder that searches; the weights belong to e5, and to the known messages in
their order. The intent is told by these and by n-grams (`kefu.router.nlu.intent_ngrams`) together. Where there are no
cosines, words alone tell: small talk, a request for a person, abuse, mood by counted words, and dangers. A message that
tells nothing has no intent, and is of normal urgency.
"""

import json
import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kefu.router.domain.handoff import Sentiment
from kefu.router.domain.triage import MessageReading, Mood, Urgency
from kefu.router.nlu.intent_ngrams import ngram_likelihoods
from kefu.router.nlu.intents import Intent
from kefu.router.nlu.message import CustomerMessage
from kefu.router.nlu.sensitive_topics import EMERGENCIES

PATH = Path(__file__).with_name("weights.json")
LEAST_INTENT = 0.3
"""An intent that is less likely is not named."""
LEAST = 0.5
"""What is at least so likely is so."""
AT_LEAST_NORMAL, AT_LEAST_HIGH, CRITICAL, NOT_CALM, ANGRY, ABUSIVE = (
    *("urgency at least normal", "urgency at least high", "urgency critical"),
    *("mood not calm", "mood angry", "abusive"),
)
INTENT = "intent "
"""What the question of an intent begins with."""


@dataclass(frozen=True)
class Weights:
    """What `weights.json` holds."""

    mean: tuple[float, ...]
    """Of the cosine to each known message: it is taken away."""
    scale: float
    """Cosines are divided by it."""
    questions: Mapping[str, tuple[float, ...]]
    """By question: the bias, the weight of each cosine, that of each word feature."""


@cache
def weights() -> Weights:
    """The weights in use."""
    stored = json.loads(PATH.read_text("utf-8"))
    questions = {name: tuple(map(float, each)) for name, each in stored["questions"].items()}
    return Weights(tuple(stored["mean"]), float(stored["scale"]), questions)


def word_features(message: CustomerMessage) -> tuple[float, ...]:
    """What words alone tell of a message, each 0 to 1."""
    return (
        float(message.is_abuse),
        float(message.sentiment is Sentiment.NEGATIVE),
        float(message.sentiment is Sentiment.POSITIVE),
        float(bool(message.sensitive_topic())),
        float(message.mentions_person),
        message.own_case_score,
        float(message.intent is not None),
    )


def read_message(message: CustomerMessage, cosines: Sequence[float] | None) -> MessageReading:
    """What a message says. `cosines`: to each of the known messages; None: it could not be compared."""
    by_words = _read_words(message)
    if cosines is None:
        return by_words
    likely = likelihoods(cosines, word_features(message))
    intents = _intents(likely, message)
    intent = by_words.intent or max(intents, key=intents.__getitem__)
    likelihood = by_words.likelihood or intents[intent]
    is_known = likelihood >= LEAST_INTENT
    return MessageReading(
        intent if is_known else "",
        round(likelihood, 3) if is_known else 0.0,
        Urgency.CRITICAL if by_words.urgency is Urgency.CRITICAL else urgency_of(likely),
        mood_of(likely),
        by_words.is_abuse or likely[ABUSIVE] >= LEAST,
        is_compared=True,
    )


def intent_likelihoods(message: CustomerMessage, cosines: Sequence[float]) -> dict[str, float]:
    """How likely a message has each intent; they are 1 together. `cosines`: to each of the known messages."""
    return _intents(likelihoods(cosines, word_features(message)), message)


def _intents(likely: Mapping[str, float], message: CustomerMessage) -> dict[str, float]:
    """The geometric mean of what both models say, in shares; what one says where the message's words are unknown."""
    by_cosines = {name.removeprefix(INTENT): each for name, each in likely.items() if name.startswith(INTENT)}
    by_ngrams = ngram_likelihoods(message.normalized) or by_cosines
    both = {intent: math.sqrt(each * by_ngrams[intent]) for intent, each in by_cosines.items()}
    whole = sum(both.values()) or 1.0
    return {intent: each / whole for intent, each in both.items()}


def likelihoods(cosines: Sequence[float], by_words: Sequence[float]) -> dict[str, float]:
    """How likely each question of the weights is answered by yes."""
    used = weights()
    features = [
        1.0,
        *((each - mean) / used.scale for each, mean in zip(cosines, used.mean, strict=True)),
        *by_words,
    ]
    return {name: _logistic(sum(map(operator.mul, each, features))) for name, each in used.questions.items()}


def urgency_of(likely: Mapping[str, float]) -> Urgency:
    """The highest urgency that is likely enough."""
    if likely[CRITICAL] >= LEAST:
        return Urgency.CRITICAL
    if likely[AT_LEAST_HIGH] >= LEAST:
        return Urgency.HIGH
    return Urgency.NORMAL if likely[AT_LEAST_NORMAL] >= LEAST else Urgency.LOW


def mood_of(likely: Mapping[str, float]) -> Mood:
    """The hottest mood that is likely enough."""
    if likely[ANGRY] >= LEAST:
        return Mood.ANGRY
    return Mood.UNHAPPY if likely[NOT_CALM] >= LEAST else Mood.CALM


def _read_words(message: CustomerMessage) -> MessageReading:
    intent = message.intent
    wanted = "" if intent is None else "human_request" if intent is Intent.PERSON else "small_talk"
    is_danger = message.sensitive_topic() in EMERGENCIES
    is_small_talk = wanted == "small_talk"
    return MessageReading(
        wanted,
        1.0 if wanted else 0.0,
        Urgency.CRITICAL if is_danger else Urgency.LOW if is_small_talk else Urgency.NORMAL,
        Mood.UNHAPPY if message.sentiment is Sentiment.NEGATIVE else Mood.CALM,
        message.is_abuse,
    )


def _logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-max(min(odds, 500.0), -500.0)))
