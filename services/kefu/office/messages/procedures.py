"""Procedures as messages of the contract."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

from kefu.office.simulation.simulator import Simulated, Simulation
from kefu.router.actions.procedures.findings import Finding
from kefu.router.actions.procedures.procedure import (
    PREFIX,
    Ask,
    Do,
    HandOverStep,
    If,
    LookUp,
    Page,
    ProcedureEnd,
    Say,
    Step,
)
from kefu.router.actions.procedures.procedure_store import StoredPage
from kefu.router.messages.chat import timestamp
from kefu.router.v1 import procedure_pb2 as pb

_KINDS: Mapping[type[Step], pb.ProcedureStep.Kind.ValueType] = {
    Ask: pb.ProcedureStep.KIND_ASK,
    LookUp: pb.ProcedureStep.KIND_LOOK_UP,
    If: pb.ProcedureStep.KIND_IF,
    Say: pb.ProcedureStep.KIND_SAY,
    Do: pb.ProcedureStep.KIND_DO,
    HandOverStep: pb.ProcedureStep.KIND_HAND_OVER,
    ProcedureEnd: pb.ProcedureStep.KIND_END,
}


def procedure_message(stored: StoredPage, page: Page, findings: Iterable[Finding]) -> pb.Procedure:
    """A procedure as a message: its page, as it is stored and as it was understood."""
    return pb.Procedure(
        name=f"{PREFIX}{stored.id}",
        page=stored.page,
        revision=stored.revision,
        update_time=timestamp(stored.update_time),
        author=stored.author,
        titles=cast("Mapping[str, str]", page.titles),
        findings=map(finding_message, findings),
        flow=flow_messages(page.steps),
    )


def simulation_message(simulation: Simulation) -> pb.SimulateProcedureResponse:
    """A simulation as a message."""
    return pb.SimulateProcedureResponse(
        conversations=map(_conversation_message, simulation.conversations),
        wrong=sum(bool(each.problems) for each in simulation.conversations),
        unreached=simulation.unreached,
    )


def _conversation_message(one: Simulated) -> pb.SimulatedConversation:
    messages = list[pb.SimulatedConversation.Message]()
    for turn in one.turns:
        choices = turn.completed.choices if turn.completed is not None else ()
        messages.append(pb.SimulatedConversation.Message(is_customer=True, text=turn.question))
        messages.append(pb.SimulatedConversation.Message(text=turn.text, choices=choices))
    return pb.SimulatedConversation(
        customer=one.customer,
        situation=one.situation.shown(),
        messages=messages,
        outcome=one.ending,
        changes=one.changes,
        problems=one.problems,
    )


def finding_message(finding: Finding) -> pb.ProcedureFinding:
    """A finding as a message."""
    return pb.ProcedureFinding(line=finding.line, text=finding.text, is_error=finding.is_error)


def flow_messages(steps: Sequence[Step], depth: int = 0) -> Iterator[pb.ProcedureStep]:
    """Steps as messages, those of both ways of an If behind it."""
    for step in steps:
        yield pb.ProcedureStep(line=step.line, depth=depth, kind=_KINDS[type(step)], text=step.sentence)
        if isinstance(step, If):
            if [each.line for each in step.then] != [step.line]:  # "If ..., hand over" is one sentence
                yield from flow_messages(step.then, depth + 1)
            if step.otherwise:
                yield pb.ProcedureStep(line=step.line, depth=depth, kind=pb.ProcedureStep.KIND_OTHERWISE)
                yield from flow_messages(step.otherwise, depth + 1)
