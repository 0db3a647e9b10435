"""What `kefu doctor` and `kefu status` say of what a model may do."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from kefu.cli.commands.doctor.answer_profile import trust_in
from kefu.generation.v1.generation_pb2 import DescribeModelResponse
from kefu.local.processes import variables_of
from kefu.router.domain.answer_profiles import PROFILES
from kefu.router.exam.marks import RIGHT_SENTENCES, Marks, ReadingMarks, WritingMarks
from tests.support.table import table

UNKNOWN = DescribeModelResponse(model="theirs")
READER = {RIGHT_SENTENCES: ReadingMarks(20, 19), "row": ReadingMarks(20, 1)}
GOOD = Marks({"direct": WritingMarks(cases=60, right=57, harmful=1)}, READER, "cases", "2026-12-01")
WRITER = replace(GOOD, reading={})
POOR = replace(GOOD, writing={"direct": WritingMarks(cases=60, right=24, harmful=12)})
SETTING, EXAM = "KEFU_ROUTER_ANSWER_PROFILE", "KEFU_ROUTER_MODEL_EXAM"


@table(
    ("model", "variables", "marks", "said"),
    [
        (
            UNKNOWN,
            {},
            GOOD,
            "verified: may write, may verify (passed the exam of 2026-12-01: 95% of its replies right, 2% harmful)",
        ),
        (
            UNKNOWN,
            {},
            WRITER,
            "full: may write, may not verify (passed the exam of 2026-12-01: 95% of its replies right, 2% harmful)",
        ),
        (
            UNKNOWN,
            {},
            POOR,
            "evidence: is not asked, code chooses sentences of the pages "
            "(failed the exam of 2026-12-01: 40% of its replies right, 20% harmful)",
        ),
        (
            UNKNOWN,
            {},
            None,
            "evidence: is not asked, code chooses sentences of the pages (sits the exam: there are no marks yet)",
        ),
        (
            UNKNOWN,
            {EXAM: "false"},
            GOOD,  # of a time when it was on: a router does not look at them now
            "evidence: is not asked, code chooses sentences of the pages "
            "(nothing is known of it, and KEFU_ROUTER_MODEL_EXAM is off)",
        ),
        (
            UNKNOWN,
            {SETTING: "verified"},
            POOR,
            "verified: may write, may verify (set by KEFU_ROUTER_ANSWER_PROFILE)",
        ),
        (
            DescribeModelResponse(model="qwen", answer_profile="choice"),
            {SETTING: "auto"},
            None,
            "choice: may choose among sentences of the pages, may not write (by the catalog of models)",
        ),
        (
            DescribeModelResponse(model="simulated", answer_profile="unchecked", simulated=True),
            {},
            None,
            "unchecked: writes, and nothing is checked (simulated: its words mean nothing)",
        ),
    ],
)
def test_what_a_model_may_do_is_said_with_its_reason(
    model: DescribeModelResponse, variables: dict[str, str], marks: Marks | None, said: str
) -> None:
    assert str(trust_in(model, variables, marks)) == said


def test_every_profile_has_words() -> None:
    assert all(trust_in(UNKNOWN, {SETTING: name}, None).may for name in PROFILES)


def test_what_keeps_a_model_from_more_is_the_advice() -> None:
    assert trust_in(UNKNOWN, {}, GOOD).advice == ""
    poor = trust_in(UNKNOWN, {}, POOR).advice
    assert poor.startswith("40% of its replies are right; a model that writes has 85%.")
    assert poor.endswith("`kefu models exam` shows more.")
    assert EXAM in trust_in(UNKNOWN, {EXAM: "off"}, None).advice


def test_the_variables_of_a_process_are_its_environment_and_the_file_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(f"{SETTING}=full\nPATH=/nowhere\n")
    monkeypatch.chdir(tmp_path)
    variables = variables_of(os.getpid())
    assert variables[SETTING] == "full"
    assert variables["PATH"] != "/nowhere"
