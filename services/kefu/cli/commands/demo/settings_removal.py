"""Removal of what the demo put into the router: actions, procedures, their secret, golden questions, settings."""

import json
from collections.abc import Mapping, Sequence

import grpc.aio

from kefu.cli.commands.demo.removal_report import CHANGED, Report
from kefu.cli.commands.demo.sample import (
    COLLECTION,
    SHOP_PREFIX,
    SHOP_SECRET,
    sample_actions,
    sample_golden_questions,
    sample_procedures,
    sample_triage_rules,
    shop_identity,
)
from kefu.cli.remote.connection import Remote
from kefu.cli.remote.pagination import all_pages
from kefu.cli.remote.resource_names import short
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

_REVISIONS = 100


async def remove_actions_and_procedures(channel: grpc.aio.Channel, target: Remote, report: Report) -> None:
    """Remove the sample's procedures and actions, and the secret that these send."""
    actions, procedures = action_pb2_grpc.ActionServiceStub(channel), procedure_pb2_grpc.ProcedureServiceStub(channel)
    listed = await procedures.ListProcedures(procedure_pb2.ListProceduresRequest(), metadata=target.metadata)
    pages = {each.name: each.page for each in listed.procedures}
    sample = sample_procedures()
    demo_pages = {name for name, page in pages.items() if page == sample.get(name)}
    found = await actions.ListActions(action_pb2.ListActionsRequest(), metadata=target.metadata)
    stored = {each.name: each for each in found.actions}
    demo_actions = {name for name, action in stored.items() if _is_demos(action)}
    needed = needed_actions(stored, demo_actions, {name: pages[name] for name in pages.keys() - demo_pages})
    going = demo_actions - needed.keys()
    # Before the actions: by their time it is known whose it is.
    staying = [stored[name] for name in sorted(stored.keys() - going)]
    await _remove_secret(channel, target, report, staying, [stored[name] for name in demo_actions])
    for name in sorted(going):
        await actions.DeleteAction(action_pb2.DeleteActionRequest(name=name), metadata=target.metadata)
    report.removed_all("action", going)
    for name in sorted(stored.keys() & sample_actions("").keys() - going):
        report.stays(f"the action {short(name)}", needed.get(name, CHANGED))
    for name in sorted(demo_pages):
        await procedures.DeleteProcedure(procedure_pb2.DeleteProcedureRequest(name=name), metadata=target.metadata)
    report.removed_all("procedure", demo_pages)
    for name in sorted(pages.keys() & sample.keys() - demo_pages):
        report.stays(f"the procedure {short(name)}", CHANGED)


async def _remove_secret(
    channel: grpc.aio.Channel,
    target: Remote,
    report: Report,
    staying: Sequence[action_pb2.Action],
    demo_actions: Sequence[action_pb2.Action],
) -> None:
    stub, what = admin_pb2_grpc.AdminServiceStub(channel), f"the secret {short(SHOP_SECRET)}"
    listed = await stub.ListSecrets(admin_pb2.ListSecretsRequest(), metadata=target.metadata)
    secret = next((each for each in listed.secrets if each.name == SHOP_SECRET), None)
    if secret is None:
        return
    # The demo stores it just before its actions. With none of them left it may be anybody's.
    times = [each.update_time.ToNanoseconds() for each in demo_actions]
    reference = f"{{secret:{short(SHOP_SECRET)}}}"
    if user := next((each for each in staying if reference in str(each)), None):
        report.stays(what, f"the action {short(user.name)} sends it")
    elif not times or secret.update_time.ToNanoseconds() > min(times):
        report.stays(what, "it was stored anew since, or not by the demo")
    else:
        await stub.DeleteSecret(admin_pb2.DeleteSecretRequest(name=SHOP_SECRET), metadata=target.metadata)
        report.removed(what)


def _is_demos(stored: action_pb2.Action) -> bool:
    """Whether an action is the sample's, as the router stores it."""
    from kefu.office.messages.actions import action_message, action_of

    origin = "/".join(stored.call.url.split("/", 3)[:3])
    put = sample_actions(origin).get(stored.name) if origin.startswith(SHOP_PREFIX) else None
    if put is None:
        return False
    one = action_pb2.Action()
    one.CopyFrom(stored)
    one.ClearField("revision")
    one.ClearField("update_time")
    return one == action_message(action_of(put))


def needed_actions(
    stored: Mapping[str, action_pb2.Action], demo_actions: set[str], pages: Mapping[str, str]
) -> dict[str, str]:
    """Actions of the demo that something else needs, with the reason: other actions, or procedures with these pages."""
    needed: dict[str, str] = {}
    for name in sorted(demo_actions):
        if user := next((each for each in sorted(pages) if f"`{short(name)}`" in pages[each]), ""):
            needed[name] = f"the procedure {short(user)} names it"
    staying = [stored[name] for name in sorted((stored.keys() - demo_actions) | needed.keys())]
    while staying:
        action = staying.pop()
        for name in (each.choice.action for each in action.inputs):
            if name in demo_actions and name not in needed:
                needed[name] = f"the action {short(action.name)} offers what it finds"
                staying.append(stored[name])
    return needed


async def remove_golden_questions(channel: grpc.aio.Channel, target: Remote, report: Report) -> None:
    """Remove the sample's golden questions."""
    stub = golden_pb2_grpc.GoldenQuestionServiceStub(channel)
    listed = await stub.ListGoldenQuestions(golden_pb2.ListGoldenQuestionsRequest(), metadata=target.metadata)
    exported = await stub.ExportGoldenQuestions(golden_pb2.ExportGoldenQuestionsRequest(), metadata=target.metadata)
    sample, stored = _rows(sample_golden_questions()), _rows(exported.lines)
    going: list[str] = []
    for question in listed.questions:
        name = short(question.name)
        if name not in sample:
            continue
        if stored.get(name) == sample[name] and list(question.collections) == [f"collections/{COLLECTION}"]:
            request = golden_pb2.DeleteGoldenQuestionRequest(name=question.name)
            await stub.DeleteGoldenQuestion(request, metadata=target.metadata)
            going.append(name)
        else:
            report.stays(f"the golden question {name}", CHANGED)
    report.removed_all("golden question", going)


def _rows(lines: bytes) -> dict[str, dict[str, object]]:
    rows: list[dict[str, object]] = [json.loads(line) for line in lines.decode().split("\n") if line]
    return {str(row["_id"]): {name: value for name, value in row.items() if value} for row in rows}


async def remove_settings(channel: grpc.aio.Channel, target: Remote, report: Report) -> None:
    """Clear the settings that the demo made: who customers are, what actions may do, and its rules of triage."""
    stub = admin_pb2_grpc.AdminServiceStub(channel)
    found = await stub.GetTenantSettings(admin_pb2.GetTenantSettingsRequest(), metadata=target.metadata)
    settings, going = found.settings, list[str]()
    if _is_demos_identity(settings):
        settings.ClearField("identity")
        going.append("identity")
        if settings.HasField("action_risk") and await _is_demos_risk(stub, target):
            settings.ClearField("action_risk")
            going.append("action_risk")
        elif settings.HasField("action_risk"):
            report.stays("the setting action_risk", "it was not set by the demo, or was changed since")
    elif settings.identity.issuer.startswith(SHOP_PREFIX):
        report.stays("the setting identity", "it was changed since; it names a shop on this machine")
    sample = sample_triage_rules()
    others = [rule for rule in settings.triage_rules if rule not in sample]
    if len(others) < len(settings.triage_rules):
        going.append("triage_rules" if not others else f"triage_rules but {', '.join(rule.name for rule in others)}")
        del settings.triage_rules[:]
        settings.triage_rules.extend(others)
    for rule in others:
        if rule.name in {each.name for each in sample}:
            report.stays(f"the triage rule {rule.name}", CHANGED)
    if going:
        update = admin_pb2.UpdateTenantSettingsRequest(settings=settings, revision=found.revision)
        done = await stub.UpdateTenantSettings(update, metadata=target.metadata)
        back = f"kefu settings restore {found.revision} brings them back"
        report.removed(f"the settings {', '.join(going)}, by revision {done.revision} ({back})")


def _is_demos_identity(settings: admin_pb2.TenantSettings) -> bool:
    issuer = settings.identity.issuer
    return issuer.startswith(SHOP_PREFIX) and settings.identity == shop_identity(issuer)


async def _is_demos_risk(stub: "admin_pb2_grpc.AdminServiceAsyncStub", target: Remote) -> bool:
    """Whether `action_risk` was last changed together with the identity: that is how the demo does it."""
    request = admin_pb2.ListSettingsRevisionsRequest()
    revisions = await all_pages(target, stub.ListSettingsRevisions, request, lambda page: page.revisions, _REVISIONS)
    last = next((each for each in revisions if "action_risk" in each.changed_fields), None)
    return last is not None and "identity" in last.changed_fields and _is_demos_identity(last.settings)
