"""`kefu up --demo`: the sample help centre, the sample shop's orders, and a question in each language."""

import time
from dataclasses import dataclass

import grpc.aio
from rich.console import Console

from kefu.cli.commands.demo.sample import (
    COLLECTION,
    SHOP_PREFIX,
    SHOP_SECRET,
    sample_actions,
    sample_files,
    sample_golden_questions,
    sample_procedures,
    sample_triage_rules,
    shop_identity,
)
from kefu.cli.console import CommandFailed
from kefu.cli.documents.upload import ImportView, print_summary, send
from kefu.cli.remote.connection import Remote
from kefu.cli.view.answer_view import AnswerView, answer_one
from kefu.router.v1 import (
    action_pb2,
    action_pb2_grpc,
    admin_pb2,
    admin_pb2_grpc,
    golden_pb2,
    golden_pb2_grpc,
    procedure_pb2,
    procedure_pb2_grpc,
)
from kefu.router.v1 import chat_pb2 as pb

QUESTIONS = ("How long are gift cards valid?", "积分多久过期？")


@dataclass(frozen=True)
class Demo:
    """The sample shop's order system: its address, and the key with which it is called."""

    order_system: str
    key: str


async def run_demo(remote: Remote, demo: Demo, out: Console) -> bool:
    """Import the sample, connect the shop's orders, ask the questions, and print the answers as they come.

    Returns True; raises CommandFailed.
    """
    found = sample_files()
    began = time.monotonic()
    out.print()
    out.print("Importing the sample help centre", style="bold")
    with ImportView(out, found.files) as view:
        imported = await send(remote, COLLECTION, found.files, view.show, create=True)
    print_summary(out, imported, found.skipped, COLLECTION, time.monotonic() - began)
    if imported.failures():
        raise CommandFailed("The sample help centre could not be imported whole.")
    async with remote.to_router() as channel:
        await connect_shop(channel, remote, demo)
        for question in QUESTIONS:
            out.print()
            out.print(f"> {question}", style="bold")
            view = AnswerView(out)
            request = pb.ConverseRequest(session="sessions/-", text=question, collections=[f"collections/{COLLECTION}"])
            view.end(await answer_one(channel, request, remote, view.show))
    return True


async def connect_shop(channel: grpc.aio.Channel, remote: Remote, demo: Demo) -> None:
    """Let the sample shop's customers sign in, ask for their orders and cancel them. Settings that are there stay."""
    admin, actions = admin_pb2_grpc.AdminServiceStub(channel), action_pb2_grpc.ActionServiceStub(channel)
    secret = admin_pb2.PutSecretRequest(name=SHOP_SECRET, value=demo.key)
    await admin.PutSecret(secret, metadata=remote.metadata)
    for action in sample_actions(demo.order_system).values():
        await actions.PutAction(action_pb2.PutActionRequest(action=action), metadata=remote.metadata)
    await _put_procedures(channel, remote)
    await _import_golden_questions(channel, remote)
    found = await admin.GetTenantSettings(admin_pb2.GetTenantSettingsRequest(), metadata=remote.metadata)
    settings = found.settings
    issuer = settings.identity.issuer
    is_ours = not settings.HasField("identity") or issuer.startswith(SHOP_PREFIX)
    if is_ours and (issuer != demo.order_system or not settings.HasField("action_risk")):
        settings.action_risk = "money"  # it is play money
        if not settings.triage_rules:
            settings.triage_rules.extend(sample_triage_rules())
        settings.identity.CopyFrom(shop_identity(demo.order_system))
        update = admin_pb2.UpdateTenantSettingsRequest(settings=settings, revision=found.revision)
        await admin.UpdateTenantSettings(update, metadata=remote.metadata)


async def _put_procedures(channel: grpc.aio.Channel, remote: Remote) -> None:
    """Store the sample's procedures. Those that are there stay: somebody may have changed them."""
    stub = procedure_pb2_grpc.ProcedureServiceStub(channel)
    stored = await stub.ListProcedures(procedure_pb2.ListProceduresRequest(), metadata=remote.metadata)
    there = {each.name for each in stored.procedures}
    for name, page in sample_procedures().items():
        if name not in there:
            request = procedure_pb2.PutProcedureRequest(procedure=procedure_pb2.Procedure(name=name, page=page))
            await stub.PutProcedure(request, metadata=remote.metadata)


async def _import_golden_questions(channel: grpc.aio.Channel, remote: Remote) -> None:
    """Store the sample's golden questions, unless there are some."""
    stub = golden_pb2_grpc.GoldenQuestionServiceStub(channel)
    stored = await stub.ListGoldenQuestions(golden_pb2.ListGoldenQuestionsRequest(), metadata=remote.metadata)
    if not stored.questions:
        request = golden_pb2.ImportGoldenQuestionsRequest(
            lines=sample_golden_questions(), collections=[f"collections/{COLLECTION}"]
        )
        await stub.ImportGoldenQuestions(request, metadata=remote.metadata)
