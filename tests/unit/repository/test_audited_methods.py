"""Each method of the router and of retrieval is recorded in the audit log, or is named as one that is not."""

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from kefu.common.audit.recorder import AuditedMethod
from kefu.retrieval.api import audited_methods as retrieval
from kefu.router.api import audited_methods as router

_SERVICES = Path(__file__).parents[3] / "services/kefu"


def methods(service: str) -> Iterator[str]:
    """Every method of a service's contracts, as package.Service/Method."""
    for file in sorted((_SERVICES / service / "v1").glob("*_pb2.py")):
        contract = importlib.import_module(f"kefu.{service}.v1.{file.stem}")
        for described in contract.DESCRIPTOR.services_by_name.values():
            for method in described.methods:
                yield f"{described.full_name}/{method.name}"


@pytest.mark.parametrize(
    ("service", "audited", "others"),
    [
        ("router", router.AUDITED, router.NOT_AUDITED),
        ("retrieval", retrieval.AUDITED, retrieval.NOT_AUDITED),
    ],
)
def test_each_method_is_either_recorded_or_named_as_one_that_is_not(
    service: str, audited: Mapping[str, AuditedMethod], others: frozenset[str]
) -> None:
    assert not audited.keys() & others
    assert sorted(audited.keys() | others) == sorted(methods(service))


def test_each_action_is_a_subject_and_a_verb_and_stands_for_one_method() -> None:
    actions = [method.action for method in (*router.AUDITED.values(), *retrieval.AUDITED.values())]
    assert len(set(actions)) == len(actions)
    assert all(action.replace("_", "").replace(".", "", 1).isalpha() and "." in action for action in actions)
