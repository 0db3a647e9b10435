"""What the model of a running suite may do, and why: `kefu doctor` has a finding about it, `kefu status` a line.

The replica tells its model, the router's variables how it is set, and Redis the marks, as the router reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import psutil
import pydantic

from kefu.cli.commands.doctor.findings import Finding, Verdict
from kefu.cli.console import CommandFailed
from kefu.cli.remote.connection import Remote
from kefu.common.errors import ServiceError
from kefu.generation.v1 import generation_pb2, generation_pb2_grpc
from kefu.local.data_dir import DataDir, SuiteState, is_process
from kefu.local.processes import variables_of
from kefu.router.domain.answer_profiles import EVIDENCE, profile_for
from kefu.router.exam.marks import Marks

_SUBJECT = "Answer profile"
_SETTING, _EXAM = "KEFU_ROUTER_ANSWER_PROFILE", "KEFU_ROUTER_MODEL_EXAM"
_SECONDS = 5.0
_MAY = {
    "evidence": "is not asked, code chooses sentences of the pages",
    "choice": "may choose among sentences of the pages, may not write",
    "full": "may write, may not verify",
    "verified": "may write, may verify",
    "unchecked": "writes, and nothing is checked",
}


@dataclass(frozen=True)
class Trust:
    """What a model is trusted with."""

    profile: str
    """The name of its answer profile."""
    why: str
    advice: str = ""
    """What keeps it from more, and what to do; empty when there is nothing to do."""

    @property
    def may(self) -> str:
        """What the model may do, in words."""
        return _MAY[self.profile]

    def __str__(self) -> str:
        return f"{self.profile}: {self.may} ({self.why})"


def trust_in(model: generation_pb2.DescribeModelResponse, variables: Mapping[str, str], marks: Marks | None) -> Trust:
    """What a router with these variables trusts a model with. `marks`: those that are kept of the model, if any are."""
    setting = variables.get(_SETTING, "auto")
    if setting != "auto":
        return Trust(profile_for(setting, "").name, f"set by {_SETTING}")
    if model.answer_profile:
        profile = profile_for("auto", model.answer_profile).name
        return Trust(profile, "simulated: its words mean nothing" if model.simulated else "by the catalog of models")
    if not pydantic.TypeAdapter(bool).validate_python(variables.get(_EXAM, "true")):
        advice = f"Take {_EXAM} away, and a router has it sit the exam."
        return Trust(EVIDENCE.name, f"nothing is known of it, and {_EXAM} is off", advice)
    if marks is None:
        advice = "It takes minutes, behind customers; the router's log says exam.marks when it is over."
        return Trust(EVIDENCE.name, "sits the exam: there are no marks yet", advice)
    result = f"the exam of {marks.date}: {marks.right:.0%} of its replies right, {marks.harmful:.0%} harmful"
    advice = " ".join([*marks.shortcomings(), "`kefu models exam` shows more."]) if marks.shortcomings() else ""
    return Trust(marks.profile(), f"{'passed' if marks.writes else 'failed'} {result}", advice)


async def examine_answer_profile(target: Remote, running: SuiteState) -> list[Finding]:
    """The finding about the model of the local suite."""
    try:
        model = await describe_model(target, running)
        if model is None:
            return [Finding(_SUBJECT, Verdict.NOTE, "not known: no model serves", "See `kefu status`.")]
        trust = await trust_in_local(model, target.folder, running)
    except CommandFailed as failure:
        return [Finding(_SUBJECT, Verdict.NOTE, f"not known: {failure.message}")]
    verdict = Verdict.NOTE if trust.advice else Verdict.GOOD
    return [Finding(_SUBJECT, verdict, f"{model.model}: {trust}", trust.advice)]


async def describe_model(target: Remote, running: SuiteState) -> generation_pb2.DescribeModelResponse | None:
    """The model of the first replica of the local suite; None where it does not serve. Raises CommandFailed.

    The call needs the services' own key, which is in the data folder.
    """
    keys = target.folder.keys()
    address = next((one.address for one in running.services if one.name == "generation" and one.state == "ready"), "")
    if keys is None or not address:
        return None
    async with Remote(address, address, keys.internal, target.folder).to_router() as channel:
        stub = generation_pb2_grpc.GenerationServiceStub(channel)
        metadata = (("authorization", f"Bearer {keys.internal}"),)
        return await stub.DescribeModel(generation_pb2.DescribeModelRequest(), metadata=metadata, timeout=_SECONDS)


async def trust_in_local(model: generation_pb2.DescribeModelResponse, folder: DataDir, running: SuiteState) -> Trust:
    """What the local suite's first router trusts a model with. Raises CommandFailed where that cannot be known."""
    router = next((one for one in running.services if one.name == "router"), None)
    if router is None or not is_process(router.pid, router.start_time):
        raise CommandFailed("The router does not run: see `kefu status`.")
    try:
        variables = variables_of(router.pid)
    except psutil.Error as error:
        raise CommandFailed(f"The router's process cannot be read: {error}.") from None
    return trust_in(model, variables, await _marks_of(model, folder, running))


async def _marks_of(model: generation_pb2.DescribeModelResponse, folder: DataDir, running: SuiteState) -> Marks | None:
    from kefu.common.redis.commands import RedisCommands
    from kefu.common.redis.url import redis_client
    from kefu.common.telemetry import set_up_logging
    from kefu.router.exam.marks_store import MarksStore

    set_up_logging("marks", "ERROR", "auto")  # standard output is for what the command says
    keys = folder.keys()
    address = next((one.address for one in running.services if one.name == "redis"), "")
    if keys is None or not address:
        raise CommandFailed("Redis does not run: see `kefu status`.")
    try:
        async with redis_client(f"redis://:{keys.redis_password}@{address}/0", _SECONDS) as client:
            return await MarksStore(RedisCommands(client)).get(model.fingerprint or model.model)
    except ServiceError:
        raise CommandFailed("Redis, which has the marks, does not answer: see `kefu status`.") from None
