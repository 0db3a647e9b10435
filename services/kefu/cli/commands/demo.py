"""`kefu up --demo`: the sample help centre, the sample shop's orders, and a question in each language."""

import json
import time
from dataclasses import dataclass

import grpc.aio
from google.protobuf import json_format
from rich.console import Console

from kefu.cli.console import CommandFailed
from kefu.cli.documents.local_files import find_files
from kefu.cli.documents.upload import ImportView, print_summary, send
from kefu.cli.remote.connection import Remote
from kefu.cli.view.answer_view import AnswerView, answer_one
from kefu.local.suite import sample_folder
from kefu.router.v1 import (
    action_pb2,
    action_pb2_grpc,
    admin_pb2,
    admin_pb2_grpc,
    golden_pb2,
    golden_pb2_grpc,
    procedure_pb2,
    procedure_pb2_grpc,
    triage_pb2,
)
from kefu.router.v1 import chat_pb2 as pb

COLLECTION = "help"
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
    sample = sample_folder()
    found = find_files([sample / "help_center"], [sample / "curated_answers.csv"])
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
    secret = admin_pb2.PutSecretRequest(name="tenants/default/secrets/order-system", value=demo.key)
    await admin.PutSecret(secret, metadata=remote.metadata)
    for path in sorted((sample_folder() / "actions").glob("*.json")):
        text = path.read_text("utf-8").replace("${ORDERS}", demo.order_system)
        action = json_format.ParseDict(json.loads(text), action_pb2.Action())
        await actions.PutAction(action_pb2.PutActionRequest(action=action), metadata=remote.metadata)
    await _put_procedures(channel, remote)
    await _import_golden_questions(channel, remote)
    found = await admin.GetTenantSettings(admin_pb2.GetTenantSettingsRequest(), metadata=remote.metadata)
    settings = found.settings
    issuer = settings.identity.issuer
    is_ours = not settings.HasField("identity") or issuer.startswith("http://127.0.0.1:")
    if is_ours and (issuer != demo.order_system or not settings.HasField("action_risk")):
        settings.action_risk = "money"  # it is play money
        if not settings.triage_rules:
            rules = json.loads((sample_folder() / "triage.json").read_text("utf-8"))
            settings.triage_rules.extend(json_format.ParseDict(each, triage_pb2.TriageRule()) for each in rules)
        settings.identity.CopyFrom(
            admin_pb2.IdentitySettings(
                mode="optional",
                issuer=demo.order_system,
                audience="kefu",
                jwks_url=f"{demo.order_system}/.well-known/jwks.json",
                claims=["name", "email"],
            )
        )
        update = admin_pb2.UpdateTenantSettingsRequest(settings=settings, revision=found.revision)
        await admin.UpdateTenantSettings(update, metadata=remote.metadata)


async def _put_procedures(channel: grpc.aio.Channel, remote: Remote) -> None:
    """Store the sample's procedures. Those that are there stay: somebody may have changed them."""
    stub = procedure_pb2_grpc.ProcedureServiceStub(channel)
    stored = await stub.ListProcedures(procedure_pb2.ListProceduresRequest(), metadata=remote.metadata)
    there = {each.name for each in stored.procedures}
    for path in sorted((sample_folder() / "procedures").glob("*.md")):
        procedure = procedure_pb2.Procedure(name=f"procedures/{path.stem}", page=path.read_text("utf-8"))
        if procedure.name not in there:
            request = procedure_pb2.PutProcedureRequest(procedure=procedure)
            await stub.PutProcedure(request, metadata=remote.metadata)


async def _import_golden_questions(channel: grpc.aio.Channel, remote: Remote) -> None:
    """Store the sample's golden questions, unless there are some."""
    stub = golden_pb2_grpc.GoldenQuestionServiceStub(channel)
    stored = await stub.ListGoldenQuestions(golden_pb2.ListGoldenQuestionsRequest(), metadata=remote.metadata)
    if not stored.questions:
        lines = (sample_folder() / "golden_questions.jsonl").read_bytes()
        request = golden_pb2.ImportGoldenQuestionsRequest(lines=lines, collections=[f"collections/{COLLECTION}"])
        await stub.ImportGoldenQuestions(request, metadata=remote.metadata)
