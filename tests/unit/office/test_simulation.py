"""Scripted customers find what is wrong with a procedure, and the same each time."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from kefu.office.simulation.customers import CUSTOMERS
from kefu.office.simulation.simulator import Ending, Simulated, Simulation, simulate
from kefu.office.simulation.situations import situations
from kefu.router.actions.procedures.compiler import check, compiled
from kefu.router.config import RouterConfig
from kefu.router.domain.risk import Risk
from kefu.router.tenants.settings import EffectiveSettings, TenantSettings, effective_settings
from kefu.text.language import AnswerLanguage
from tests.unit.router.procedures.test_linter import ACTIONS, SAMPLE, WHEN

STATUS = "1. Look up `order-status`."


def settings(risk: Risk = Risk.MONEY) -> EffectiveSettings:
    return replace(
        effective_settings(TenantSettings(), RouterConfig(internal_key=SecretStr("kefu_internal_" + "0" * 64))),
        action_risk=risk,
    )


async def played(*steps: str, risk: Risk = Risk.MONEY, language: AnswerLanguage = "en", never: str = "") -> Simulation:
    page = WHEN + "\n".join(steps) + (f"\n\n## Never\n{never}" if never else "")
    assert [each for each in check(page, ACTIONS) if each.is_error] == []
    return await simulate(compiled("x", page, ACTIONS), ACTIONS, settings(risk), language)


def of(simulation: Simulation, customer: str, **values: object) -> Simulated:
    """The conversation of a customer in the situation that has these values."""
    return next(
        each
        for each in simulation.conversations
        if each.customer == customer and all(each.situation.values.get(name) == value for name, value in values.items())
    )


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", sorted((SAMPLE / "procedures").glob("*.md")), ids=lambda path: path.stem)
async def test_nothing_goes_wrong_with_the_samples_procedures_and_it_is_the_same_each_time(
    path: Path, language: AnswerLanguage
) -> None:
    procedure = compiled(path.stem, path.read_text("utf-8"), ACTIONS)
    first = await simulate(procedure, ACTIONS, settings(), language)
    assert [each.problems for each in first.conversations if each.problems] == []
    assert first.unreached == ()
    assert {each.customer for each in first.conversations} == {each.name for each in CUSTOMERS}
    patient = [each for each in first.conversations if each.customer == "answers-all" and each.changes]
    assert {each.changes for each in patient} == {(path.stem,)}
    unchanged = ("Nothing was changed", "没有做任何更改", "nothing to return", "can't be changed")
    assert not any(text in each.turns[-1].text for each in patient for text in unchanged)
    again = await simulate(procedure, ACTIONS, settings(), language)
    said = [[(turn.question, turn.text) for turn in each.turns] for each in first.conversations]
    assert said == [[(turn.question, turn.text) for turn in each.turns] for each in again.conversations]


async def test_each_customer_does_what_the_name_says() -> None:
    simulation = await played(STATUS, "2. If `status` is not `pending`, hand over.", "3. Do `cancel-order`.")
    endings = {each.name: of(simulation, each.name, status="pending") for each in CUSTOMERS}
    assert {name: (each.ending, len(each.changes)) for name, each in endings.items()} == {
        "answers-all": (Ending.CHANGED, 1),
        "changes-mind": (Ending.ANSWERED, 0),
        "asks-something-else": (Ending.CHANGED, 1),
        "hesitates": (Ending.ASKED, 0),
        "names-two": (Ending.CHANGED, 1),
        "names-nobodys": (Ending.CHANGED, 1),
        "is-rude": (Ending.PERSON, 0),
        "is-not-signed-in": (Ending.ANSWERED, 0),
        "says-yes-twice": (Ending.CHANGED, 1),
        "leaves": (Ending.ASKED, 0),
    }
    assert of(simulation, "answers-all", status="something else").ending is Ending.PERSON
    assert "(Answered from the pages.)" in endings["asks-something-else"].turns[1].text
    assert "Nothing has been changed yet" in endings["hesitates"].turns[-1].text
    two = endings["names-two"].turns[1]
    assert (two.question, two.pending is not None) == ("order-1 and order-2", True)
    assert "sign in" in endings["is-not-signed-in"].turns[0].text


async def test_a_risk_above_the_limit_comes_to_a_person_and_that_is_as_it_should_be() -> None:
    simulation = await played("1. Do `cancel-order`.", risk=Risk.WRITE)
    patient = of(simulation, "answers-all")
    assert (patient.ending, patient.problems) == (Ending.PERSON, ())


async def test_what_goes_wrong_is_found() -> None:
    compares = await played(STATUS, "2. If `placed` is more than 30 days ago, hand over.", "3. Do `cancel-order`.")
    assert [each.problems for each in compares.conversations if each.problems] == []
    wrong = await played(
        STATUS, "2. If `status` is more than 5 and `status` is `new`, hand over.", "3. Do `cancel-order`."
    )
    problems = {problem for each in wrong.conversations for problem in each.problems}
    assert any(
        "A person is called since it cannot go on: procedures/x: status is compared with a number" in each
        for each in problems
    )


async def test_steps_that_nobody_can_reach_are_named() -> None:
    simulation = await played(
        STATUS, "2. If `status` is `pending`:", "   - If `status` is `delivered`, hand over.", "3. Do `cancel-order`."
    )
    assert simulation.unreached == ()  # the If is, and what it holds is one sentence with it
    nested = await played(
        STATUS,
        "2. If `status` is `pending`:",
        "   - If `status` is `delivered`:",
        "     - Hand over.",
        "3. Do `cancel-order`.",
    )
    assert nested.unreached == (10,)


async def test_what_is_never_done_is_not_done() -> None:
    simulation = await played(STATUS, "2. Do `cancel-order`.", never="- Do `cancel-order` if `total` is more than 500.")
    totals = {
        each.situation.values["total"]: each for each in simulation.conversations if each.customer == "answers-all"
    }
    assert {total: each.ending for total, each in totals.items()} == {
        499: Ending.CHANGED,
        500: Ending.CHANGED,
        501: Ending.PERSON,
    }


def test_situations_hold_each_condition_and_its_opposite_and_are_not_too_many() -> None:
    few = compiled(
        "x", f"{WHEN}{STATUS}\n2. If `total` is at least 5 and `status` is `a`, hand over.\n3. Hand over.", ACTIONS
    )
    assert len(situations(few, ACTIONS)) == 3 * 2
    conditions = "\n".join(f"{number}. If `status` is `{number}`, hand over." for number in range(2, 90))
    many = compiled("x", f"{WHEN}{STATUS}\n{conditions}\n99. If `total` is 7, hand over.\n100. Hand over.", ACTIONS)
    assert len(situations(many, ACTIONS)) == 48
