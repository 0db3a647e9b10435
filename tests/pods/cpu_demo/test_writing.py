"""Replicas of the model that are killed or told to leave while they write: answers go on. After the others."""

import asyncio
import time

import pytest

from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from tests.compose.asking import LONG, Answer
from tests.pods.cpu_demo.customers import CUSTOMERS, killed, load
from tests.pods.installed import Installed
from tests.support.grpc_calls import bearer_metadata

pytestmark = pytest.mark.timeout(900)
REPLICA = "kefu-generation-0"


@pytest.fixture(scope="module", autouse=True)
def routers_that_ask_the_model(kefu: Installed) -> None:
    """Routers with another ConfigMap, one after the other: the pages answer where a model is as small as this one."""
    [config] = [
        one for one in kefu.pods.objects if one["metadata"]["name"].startswith("kefu-router-") and "data" in one
    ]
    config["data"] |= {"KEFU_ROUTER_ANSWER_PROFILE": "unchecked"}
    for name in ("kefu-router-0", "kefu-router-1"):
        kefu.pods.leave(name)
        kefu.pods.play(name)
        kefu.pods.until_ready(name)


async def test_a_replica_that_is_killed_comes_back_and_no_answer_fails(kefu: Installed) -> None:
    """The other one goes on; where it is too slow for two, the pages answer themselves."""
    async with load(kefu, pb.ANSWER_SOURCE_GENERATED) as customers:
        await killed(kefu, REPLICA)
        await asyncio.to_thread(kefu.pods.until_ready, REPLICA)
    assert customers.failed == []


async def test_a_replica_that_is_told_to_leave_drops_nothing_and_is_gone_within_its_grace(kefu: Installed) -> None:
    async with load(kefu, pb.ANSWER_SOURCE_GENERATED) as customers:
        began = time.monotonic()
        ended = await asyncio.to_thread(kefu.pods.leave, REPLICA)
        took = time.monotonic() - began
        kefu.pods.play(REPLICA)
        await asyncio.to_thread(kefu.pods.until_ready, REPLICA)
    assert customers.failed + customers.otherwise == []
    assert ended == {"generation": 0}
    assert took < kefu.pods.pods[REPLICA].grace_seconds


async def test_an_nginx_that_is_told_to_leave_ends_the_answers_that_it_passes_on(kefu: Installed) -> None:
    async def answered() -> Answer:
        async with kefu.customers("kefu-nginx-1") as channel:
            events: list[pb.ConverseEvent] = []
            request = pb.ConverseRequest(
                session="sessions/-", text=LONG, collections=["collections/help"], max_tokens=256
            )
            async for event in rpc.ChatServiceStub(channel).Converse(request, metadata=bearer_metadata(kefu.key)):
                events.append(event)
                if event.HasField("text_delta"):
                    writing.release()
            return Answer(events)

    writing = asyncio.Semaphore(0)
    asking = [asyncio.create_task(answered()) for _ in range(CUSTOMERS)]
    async with asyncio.timeout(120):
        await writing.acquire()
    began = time.monotonic()
    ended = await asyncio.to_thread(kefu.pods.leave, "kefu-nginx-1")
    took = time.monotonic() - began
    assert all(one.text for one in await asyncio.gather(*asking))
    assert ended == {"nginx": 0}
    assert took < kefu.pods.pods["kefu-nginx-1"].grace_seconds
    kefu.pods.play("kefu-nginx-1")
    await asyncio.to_thread(kefu.pods.until_ready, "kefu-nginx-1")


def test_nothing_was_written_to_where_a_cluster_has_nothing_to_write_to(kefu: Installed) -> None:
    """Podman gives a read-only container a writable /tmp, /run and /var/tmp; Kubernetes does not. Runs last."""
    for pod in kefu.pods.pods.values():
        if pod.workload in ("kefu-toolbox", "kefu-smoke-test"):
            continue
        for container in pod.containers:
            mounts = [one["mountPath"] for one in container.get("volumeMounts", [])]
            user = pod.spec["securityContext"]["runAsUser"]  # what the image brings is root's
            pruned = " -o ".join(f"-path {one}" for one in (*mounts, "/run/.containerenv"))
            script = rf"find /tmp /run /var/tmp \( {pruned} \) -prune -o -user {user} -type f -print 2>/dev/null"
            assert kefu.pods.inside(pod.name, container["name"], script).stdout == b"", pod.name
