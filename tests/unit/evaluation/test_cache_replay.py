"""Kept answers replayed on a question set: what counts as a hit, and as a false one."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from kefu.cli.commands.eval.retrieval import app
from kefu.evaluation.answer_set import ExpectedAnswer
from kefu.evaluation.cache_replay import replay, replay_unguarded
from kefu.evaluation.dataset import BadQuestionSet, SetQuestion
from kefu.evaluation.question_pairs import load_pairs, measure_pairs, messages_of
from kefu.retrieval.embedders import Vectors

NEAR = np.array([1.0, 0.0], np.float32)
FAR = np.array([0.0, 1.0], np.float32)


def questions(*texts: str) -> list[SetQuestion]:
    return [
        SetQuestion(str(number), text, frozenset({text[:3]}), "zh" if text[0] > "z" else "en")
        for number, text in enumerate(texts)
    ]


def wanted(asked: list[SetQuestion], *answers: str) -> Mapping[str, ExpectedAnswer]:
    said = [((answer,),) for answer in answers] or [()] * len(asked)
    return {one.id: ExpectedAnswer("en", answers=each) for one, each in zip(asked, said, strict=True)}


def vectors(asked: list[SetQuestion], **other: Vectors) -> Mapping[str, Vectors]:
    return {one.id: other.get(f"of_{one.id}", NEAR) for one in asked}


def test_a_hit_is_false_when_the_answers_differ() -> None:
    asked = questions("How long does a refund take?", "how long does the refund take", "Why does it take long?")
    right = replay("x", asked, wanted(asked, "7 days", "7 days", "Banks."), vectors(asked), 0.9)
    assert [each.hit.id if each.hit else None for each in right.lookups] == [None, "0", None]
    assert (len(right.hits), right.hits[0].is_false_hit, right.hits[0].could_hit) == (1, False, True)
    wrong = replay("x", asked, wanted(asked, "7 days", "9 days", "Banks."), vectors(asked), 0.9)
    assert wrong.as_json()["false_hits"] == 1
    assert wrong.false_per_hit.value == 1.0
    assert wrong.false_per_lookup.value == pytest.approx(1 / 3)


def test_without_answers_a_right_document_in_common_makes_a_hit_right() -> None:
    asked = questions("How long does a refund take?", "How long will refunds take?", "How many refunds?")
    found = replay("x", asked, wanted(asked), vectors(asked), 0.9)
    assert [each.is_false_hit for each in found.hits] == [False]


def test_the_guard_keeps_out_what_the_cosine_alone_lets_in() -> None:
    asked = questions("怎么绑定手机？", "怎么解绑手机？")
    known = wanted(asked, "a", "b")
    assert replay("x", asked, known, vectors(asked), 0.9).hits == []
    assert [each.is_false_hit for each in replay_unguarded("x", asked, known, vectors(asked), 0.9).hits] == [True]


def test_far_embeddings_history_and_personal_data_make_no_hit() -> None:
    asked = questions("How long does a refund take?", "How long does a refund take?")
    assert replay("x", asked, wanted(asked), vectors(asked, of_1=FAR), 0.9).hits == []
    personal = questions("Mail me at a.b@example.com", "Mail me at a.b@example.com")
    found = replay("x", personal, wanted(personal), vectors(personal), 0.9)
    assert (len(found.lookups), found.left_out) == (0, 2)


def test_the_command_prints_a_json_object_a_set(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text(json.dumps({"_id": "d", "title": "Refunds", "text": "7 days."}))
    texts = ("How long does a refund take?", "Please, how long do refunds take?")
    lines = [json.dumps({"_id": f"shop-{number}", "text": text}) for number, text in enumerate(texts)]
    (folder / "queries.jsonl").write_text("\n".join(lines))
    (folder / "qrels" / "test.tsv").write_text("query\tdocument\tscore\nshop-0\td\t1\nshop-1\td\t1\n")
    done = CliRunner().invoke(app, ["cache", str(folder), "--json", "--cache", str(tmp_path / "vectors.sqlite")])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["set"] == "shop"
    every = found["groups"]["all ids"]
    assert (every["lookups"], every["hits"], every["false_hits"]) == (2, 1, 0)
    missing = CliRunner().invoke(app, ["cache", str(tmp_path / "nowhere")])
    assert missing.exit_code == 1


def test_pairs_are_put_to_the_guard_and_their_messages_replayed(tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text(
        "a\tb\tsame\n怎么还款\t如何还款？\t1\n怎么还款\t怎么借款\t0\n", encoding="utf-8"
    )
    pairs = load_pairs(tmp_path)
    found = measure_pairs(pairs, dict.fromkeys(messages_of(pairs), NEAR), 0.9)
    assert (found.passed_same.value, found.passed_other.value) == (1.0, 0.0)
    assert (found.messages, list(found.hits)) == (3, [("如何还款？", "怎么还款")])
    (tmp_path / "pairs.tsv").write_text("x\ty\n")
    with pytest.raises(BadQuestionSet, match="columns"):
        load_pairs(tmp_path)
