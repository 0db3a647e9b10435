"""A procedure from its page and the tenant's actions."""

from collections.abc import Mapping
from functools import lru_cache

from kefu.router.actions.action import Action
from kefu.router.actions.asked_action import intents
from kefu.router.actions.procedures.findings import Finding
from kefu.router.actions.procedures.linter import lint
from kefu.router.actions.procedures.page import read_page
from kefu.router.actions.procedures.procedure import Ask, Do, LookUp, Page, Procedure, walk


def check(text: str, actions: Mapping[str, Action]) -> list[Finding]:
    """All that is wrong with a page, or may be, by line. What is not understood comes before what is not sound."""
    page, findings = _read(text)
    return list(findings) or lint(page, actions, intents())


def compiled(procedure_id: str, text: str, actions: Mapping[str, Action], revision: int = 0) -> Procedure:
    """The procedure of a page that was checked. An action that is gone meanwhile is missed when it is wanted."""
    page = page_of(text)
    asking = [actions[name] for _, name in page.when_actions if name in actions]
    used = [
        actions[each.action]
        for each in walk(page.steps)
        if isinstance(each, Ask | LookUp | Do) and each.action in actions
    ]
    named = [each for action in used for each in action.inputs if each.choice is not None and each.pattern]
    return Procedure(
        procedure_id,
        page.titles,
        tuple(
            dict.fromkeys([*(each for _, each in page.examples), *(each for one in asking for each in one.examples)])
        ),
        tuple(dict.fromkeys([*(each for _, each in page.intents), *(each for one in asking for each in one.intents)])),
        tuple({each.name: each for each in named}.values()),
        page.steps,
        page.never,
        revision,
    )


def page_of(text: str) -> Page:
    """A page, as far as it is understood."""
    return _read(text)[0]


@lru_cache(maxsize=256)
def _read(text: str) -> tuple[Page, tuple[Finding, ...]]:
    page, findings = read_page(text)
    return page, tuple(findings)
