"""What customers, support leads, operators and attackers of the suite in containers meet. Tests run in this order."""

import asyncio
import os
import re
import ssl
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import httpx
import pytest
import yaml

from kefu.common.auth import make_key
from kefu.common.status import failure_of
from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.retrieval.v1 import knowledge_pb2_grpc as kb_rpc
from kefu.router.v1 import admin_pb2 as admin_pb
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from tests.compose.containers import DEPLOY, WEIGHTS_FOLDER, Containers, docker, inside, until
from tests.support.calling import bearing, failure

pytestmark = pytest.mark.timeout(2400)
ENGLISH = "How long are gift cards valid?"
CHINESE = "积分多久过期？"
LONG = "How do I return something that I bought, and what does it cost?"
MOST_TOKENS = 256
"""A message with options of its own is neither answered from the answers that are kept, nor is its answer kept."""
STAYING = ("nginx", "gateway", "router", "retrieval", "generation", "redis")


class Answer:
    """A turn, as its events told it."""

    def __init__(self, events: Sequence[pb.ConverseEvent]) -> None:
        self.turn = next(event.turn_started.turn for event in events if event.HasField("turn_started"))
        self.text = b""
        for event in events:
            if event.HasField("text_delta"):
                delta = event.text_delta
                self.text = self.text[: delta.offset] + delta.text.encode()
        assert events[-1].HasField("turn_completed"), events
        self.completed = events[-1].turn_completed


async def ask(channel: grpc.aio.Channel, key: str, text: str, session: str = "sessions/-") -> Answer:
    request = pb.ConverseRequest(session=session, text=text, collections=["collections/help"], max_tokens=MOST_TOKENS)
    return Answer([event async for event in rpc.ChatServiceStub(channel).Converse(request, metadata=bearing(key))])


async def test_questions_in_both_languages_are_answered_by_the_model_with_sources(kefu: Containers) -> None:
    async with kefu.customers() as channel:
        for question, expected in ((ENGLISH, "3 years"), (CHINESE, "24")):
            answer = await ask(channel, kefu.key, question)
            assert expected in answer.text.decode()
            assert answer.completed.source == pb.ANSWER_SOURCE_GENERATED
            assert answer.completed.citations


async def test_an_answer_whose_stream_is_lost_is_resumed_to_the_letter(kefu: Containers) -> None:
    async with kefu.customers() as channel:
        chat = rpc.ChatServiceStub(channel)
        request = pb.ConverseRequest(session="sessions/-", text=LONG, collections=["collections/help"], resumable=True)
        call = chat.Converse(request, metadata=bearing(kefu.key))
        turn, held = "", b""
        async for event in call:
            turn = turn or event.turn_started.turn
            if event.HasField("text_delta"):
                held = event.text_delta.text.encode()
                break
        call.cancel()
        assert held
        resumed = chat.ResumeTurn(pb.ResumeTurnRequest(turn=turn, offset=len(held)), metadata=bearing(kefu.key))
        completed = None
        async for event in resumed:
            if event.HasField("text_delta"):
                held = held[: event.text_delta.offset] + event.text_delta.text.encode()
            if event.HasField("turn_completed"):
                completed = event.turn_completed
        assert completed is not None
        assert completed.text_bytes == len(held)
        session = turn.partition("/turns/")[0]
        turns = await chat.ListTurns(pb.ListTurnsRequest(session=session), metadata=bearing(kefu.key))
        assert [one.text.encode() for one in turns.turns if one.name == turn] == [held]


async def test_without_a_key_or_with_a_wrong_one_every_method_but_health_is_unauthenticated(kefu: Containers) -> None:
    async with kefu.customers() as customers, kefu.operations() as operations:
        for channel, methods in (
            (customers, pb.DESCRIPTOR.services_by_name["ChatService"].methods),
            (operations, kb.DESCRIPTOR.services_by_name["KnowledgeService"].methods),
            (operations, admin_pb.DESCRIPTOR.services_by_name["AdminService"].methods),
        ):
            for method in methods:
                path = f"/{method.containing_service.full_name}/{method.name}"
                for metadata in ((), bearing(make_key("wrong").secret)):
                    call = channel.stream_stream(path, bytes, bytes)(iter((b"",)), metadata=metadata)
                    assert await call.code() == grpc.StatusCode.UNAUTHENTICATED, path


async def test_the_customers_port_knows_neither_knowledge_nor_administration(kefu: Containers) -> None:
    async with kefu.customers() as channel:
        search = kb_rpc.KnowledgeServiceStub(channel).Search
        read = await failure(lambda: search(kb.SearchRequest(query="x"), metadata=bearing(kefu.key)))
        assert (read.code, read.reason) == (grpc.StatusCode.UNIMPLEMENTED, "METHOD_UNKNOWN")


async def test_a_request_of_100_mb_is_refused_before_it_is_read(kefu: Containers) -> None:
    async with kefu.customers() as channel:
        request = pb.ConverseRequest(session="sessions/-", text="x" * 100_000_000)

        async def send() -> None:
            async for _ in rpc.ChatServiceStub(channel).Converse(request, metadata=bearing(kefu.key)):
                pass

        read = await failure(send)
        assert (read.code, read.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "REQUEST_TOO_LARGE")
        assert await ask(channel, kefu.key, "Hello!")


def test_nothing_but_nginx_is_published_and_that_at_this_machine_only(kefu: Containers) -> None:
    published: dict[str, set[str]] = {}
    for container in kefu.ids():
        found = kefu.inspect(container)
        service = found["Config"]["Labels"]["com.docker.compose.service"]
        for bindings in found["NetworkSettings"]["Ports"].values():
            published.setdefault(service, set()).update(binding["HostIp"] for binding in bindings or ())
    assert {service: hosts for service, hosts in published.items() if hosts} == {"nginx": {"127.0.0.1"}}


def test_a_container_reaches_whom_it_has_to_call_and_nobody_else(kefu: Containers) -> None:
    may = {
        "nginx": {"gateway", "router", "retrieval"},
        "gateway": {"router", "retrieval"},
        "router": {"gateway", "retrieval", "generation", "redis"},
        "retrieval": {"gateway", "redis", "router"},
        "generation": {"router"},
        "redis": {"router", "retrieval"},
    }
    for service, reached in may.items():
        [container, *_] = kefu.ids(service)
        for other in set(STAYING) - {service, "nginx"}:
            known = inside(container, f"getent hosts {other}").returncode == 0
            assert known == (other in reached), f"{service} and {other}"
        if service != "nginx":
            outside = inside(container, "timeout 3 bash -c '</dev/tcp/192.0.2.1/443'")
            assert "unreachable" in outside.stderr, f"{service} has a road outside: {outside.stderr}"


def test_a_container_cannot_write_outside_its_mounts_and_is_nobody_in_particular(kefu: Containers) -> None:
    for service in STAYING:
        [container, *_] = kefu.ids(service)
        assert inside(container, "id -u").stdout.strip() not in ("0", "")
        capabilities = inside(container, "grep CapEff /proc/self/status").stdout
        assert int(capabilities.split()[1], 16) == 0
        mounts = {mount["Destination"] for mount in kefu.inspect(container)["Mounts"] if mount["RW"]}
        mounts |= set(kefu.inspect(container)["HostConfig"].get("Tmpfs", {})) | {"/dev", "/proc", "/sys"}
        pruned = " -o ".join(f"-path {mount}" for mount in sorted(mounts))
        writable = inside(container, rf"find / \( {pruned} \) -prune -o -type d -writable -print 2>/dev/null")
        for path in writable.stdout.split():  # its permissions would allow it, were the file system not read-only
            assert inside(container, f"touch {path}/written").returncode != 0, f"{service} writes to {path}"
        for path in ("/", "/etc", "/usr/bin", "/run/secrets"):
            assert inside(container, f"touch {path}/written").returncode != 0, f"{service} writes to {path}"


async def test_routers_are_replaced_one_by_one_under_load_without_a_failed_turn(kefu: Containers) -> None:
    before = set(kefu.ids("router"))
    stop, answered, failed = asyncio.Event(), list[str](), list[str]()
    questions = ("Hello!", "你好", ENGLISH)

    async def customer(number: int) -> None:
        async with kefu.customers() as channel:
            while not stop.is_set():
                try:
                    answer = await ask(channel, kefu.key, questions[number % len(questions)])
                    answered.append(answer.turn)
                except grpc.aio.AioRpcError as error:
                    failed.append(str(failure_of(error)))
                await asyncio.sleep(0.05)

    customers = [asyncio.create_task(customer(number)) for number in range(6)]
    rolling = await asyncio.create_subprocess_exec(
        str(DEPLOY / "compose" / "rolling-update.sh"),
        "router",
        *kefu.options,
        env=kefu.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    printed, _ = await asyncio.wait_for(rolling.communicate(), 600)
    stop.set()
    await asyncio.gather(*customers)
    assert rolling.returncode == 0, printed.decode()
    assert failed == []
    assert len(answered) > 20
    after = set(kefu.ids("router"))
    assert len(after) == 2
    assert not after & before


async def test_a_router_more_is_used_without_a_word_to_nginx(kefu: Containers) -> None:
    kefu.up("--no-recreate", "--scale", "router=3")
    [nginx] = kefu.ids("nginx")
    addresses = {address_of(kefu, one) for one in kefu.ids("router")}
    assert len(addresses) == 3
    async with kefu.customers() as channel:

        async def used() -> set[str]:
            await asyncio.gather(*(ask(channel, kefu.key, "Hello!") for _ in range(6)))
            lines = docker("logs", "--tail", "40", nginx)
            return set(re.findall(r'"upstream":"([\d.]+):50051"', lines))

        async with asyncio.timeout(60):
            while not addresses <= await used():
                await asyncio.sleep(1)
        kefu.up("--no-recreate", "--scale", "router=2")
        for _ in range(20):
            await ask(channel, kefu.key, "Hello!")


def address_of(kefu: Containers, container: str) -> str:
    networks = kefu.inspect(container)["NetworkSettings"]["Networks"]
    [address] = [one["IPAddress"] for name, one in networks.items() if name.endswith("_inside")]
    return address


async def test_a_replica_that_dies_in_mid_answer_is_not_noticed(kefu: Containers) -> None:
    kefu.up("--no-recreate", "--scale", "generation=2")
    try:
        await asyncio.sleep(12)  # routers look the name up every five seconds
        async with kefu.customers() as channel:
            running = set(kefu.ids("generation"))
            broken_off, answer = await killed_in_the_middle(kefu, channel)
            assert answer.completed.finish_reason == pb.FINISH_REASON_STOP
            assert answer.text.startswith(broken_off)
            assert len(answer.text) > len(broken_off)
            assert continuations(kefu) >= 1
        until(lambda: any(kefu.inspect(one)["RestartCount"] for one in running), 60)
    finally:
        kefu.up("--no-recreate", "--scale", "generation=1")


WATCH_REPLICAS = """
import re, time, urllib.request
until = time.monotonic() + 180
while time.monotonic() < until:
    text = urllib.request.urlopen("http://127.0.0.1:9090/metrics").read().decode()
    found = re.findall(r'kefu_replica_open_streams{replica="([\\d.]+):50053"} ([\\d.]+)', text)
    if used := [address for address, streams in found if float(streams)]:
        print(used[0])
        break
    time.sleep(0.02)
"""


@asynccontextmanager
async def serving_replica(kefu: Containers) -> AsyncIterator[asyncio.Future[str]]:
    """The container whose replica a router reads an answer from: of the first answer that begins in the block.

    It is watched for from before: answers are short, and asking Docker takes its time.
    """
    addresses = {
        one["IPAddress"]: container
        for container in kefu.ids()
        for one in kefu.inspect(container)["NetworkSettings"]["Networks"].values()
    }
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    watching = [
        await asyncio.create_subprocess_exec(
            *("docker", "exec", router, "python", "-uc", WATCH_REPLICAS), stdout=asyncio.subprocess.PIPE
        )
        for router in kefu.ids("router")
    ]

    async def read(process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        address = (await process.stdout.readline()).decode().strip()
        if address and not found.done():
            found.set_result(addresses[address])

    readers = [asyncio.create_task(read(process)) for process in watching]
    await asyncio.sleep(1)  # they have begun
    try:
        yield found
    finally:
        for reader, process in zip(readers, watching, strict=True):
            reader.cancel()
            if process.returncode is None:
                process.kill()
            await process.wait()


def continuations(kefu: Containers) -> float:
    """Answers that a replica broke off, as the routers counted them."""
    found = [
        re.findall(r"^kefu_continuations_total{.*} ([\d.]+)$", metrics_of(one), re.MULTILINE)
        for one in kefu.ids("router")
    ]
    return sum(float(value) for values in found for value in values)


def metrics_of(container: str) -> str:
    read = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9090/metrics').read().decode())"
    return docker("exec", container, "python", "-c", read)


def kill_in(container: str) -> None:
    """SIGKILL to the service itself, as when the kernel is out of memory: the container ends and is started again."""
    done = inside(container, "kill -9 $(cat /proc/1/task/1/children)")
    assert done.returncode in (0, 137), f"the shell may go with its container: {done}"


async def test_a_replica_with_another_model_takes_over_an_answer_from_its_text(kefu: Containers) -> None:
    """As while a model is rolled out: the fingerprints differ, so the token ids of one mean nothing to the other."""
    if not any((WEIGHTS_FOLDER / "models").glob("SmolLM2*")):
        pytest.skip("the second model is not on this machine: python -m kefu.generation.weights smollm2-135m")
    with kefu.changed(generation_next=other_model()):
        await asyncio.sleep(12)
        async with kefu.customers() as channel:
            broken_off, answer = await killed_in_the_middle(kefu, channel)
            assert answer.text.startswith(broken_off)
            assert len(answer.text) > len(broken_off)


def other_model() -> dict[str, Any]:
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]["generation"]
    return service | {"environment": {**service["environment"], "KEFU_GENERATION_MODEL": "smollm2-135m"}}


async def killed_in_the_middle(kefu: Containers, channel: grpc.aio.Channel) -> tuple[bytes, Answer]:
    """Kill the replica that writes an answer: what had been written, and the answer as a whole."""
    request = pb.ConverseRequest(
        session="sessions/-", text=LONG, collections=["collections/help"], max_tokens=MOST_TOKENS
    )
    events: list[pb.ConverseEvent] = []
    broken_off = b""
    async with serving_replica(kefu) as replica:
        async for event in rpc.ChatServiceStub(channel).Converse(request, metadata=bearing(kefu.key)):
            events.append(event)
            if event.HasField("text_delta") and not broken_off:
                broken_off = event.text_delta.text.encode()
                kill_in(await asyncio.wait_for(replica, 30))
    assert broken_off
    return broken_off, Answer(events)


@pytest.mark.parametrize("older", ["generation", "router"])
async def test_a_router_and_a_replica_of_two_releases_work_together(kefu: Containers, older: str) -> None:
    previous = os.environ.get("KEFU_PREVIOUS_TAG")
    if not previous:
        pytest.skip("KEFU_PREVIOUS_TAG names no images of the release before")
    suffix = "-cpu" if older == "generation" else ""
    with kefu.changed(**{older: {"image": f"kefu/{older}:{previous}{suffix}"}}):
        async with kefu.customers() as channel, asyncio.timeout(300):
            answer = None
            while answer is None or answer.completed.source != pb.ANSWER_SOURCE_GENERATED:
                answer = await ask(channel, kefu.key, CHINESE)
            assert "24" in answer.text.decode()


async def test_knowledge_and_sessions_survive_a_killed_redis_and_an_answer_goes_on_meanwhile(kefu: Containers) -> None:
    async with kefu.customers() as channel:
        first = await ask(channel, kefu.key, "Hello!")
        [redis] = kefu.ids("redis")
        await asyncio.sleep(2)  # turns are on disk within two seconds
        writing = Writing(channel, kefu.key)
        await asyncio.wait_for(writing.began.wait(), 120)
        await asyncio.sleep(2)  # and so is that this one has begun
        await asyncio.to_thread(kill_in, redis)
        answer = await asyncio.wait_for(writing.whole, 120)
        assert answer.completed.finish_reason in (pb.FINISH_REASON_STOP, pb.FINISH_REASON_LENGTH)
        await asyncio.to_thread(until, lambda: kefu.inspect(redis)["RestartCount"] >= 1, 60)
        await asyncio.to_thread(kefu.until_healthy)
        session = first.turn.partition("/turns/")[0]
        async with asyncio.timeout(60):
            while True:
                try:
                    second = await ask(channel, kefu.key, ENGLISH, session)
                    break
                except grpc.aio.AioRpcError as error:  # it reconnects
                    if error.code() != grpc.StatusCode.UNAVAILABLE:
                        raise
                    await asyncio.sleep(1)
        assert "3 years" in second.text.decode()


class Writing:
    """A long answer that is being written; it `began` with its first words."""

    def __init__(self, channel: grpc.aio.Channel, key: str) -> None:
        self.began = asyncio.Event()
        self.whole = asyncio.create_task(self._read(channel, key))

    async def _read(self, channel: grpc.aio.Channel, key: str) -> Answer:
        request = pb.ConverseRequest(
            session="sessions/-", text=LONG, collections=["collections/help"], max_tokens=MOST_TOKENS
        )
        events: list[pb.ConverseEvent] = []
        async for event in rpc.ChatServiceStub(channel).Converse(request, metadata=bearing(key)):
            events.append(event)
            if event.HasField("text_delta"):
                self.began.set()
        return Answer(events)


def test_logs_hold_no_secret_and_nothing_that_was_said(kefu: Containers) -> None:
    logs = kefu.logs()
    assert '"event":"edge"' in logs
    for path in kefu.secrets.iterdir():
        for line in path.read_text().splitlines():
            word = line.split()[-1] if line.split() else ""
            if len(word) >= 16 and "CERTIFICATE" not in line and "KEY" not in line:
                assert word not in logs, f"{path.name} is in the logs"
                assert word.rpartition("_")[2].partition("@")[0] not in logs
    for said in (ENGLISH, CHINESE, LONG, "你好", "3 years from the day of purchase"):
        assert said not in logs


async def test_tls_between_the_services(kefu: Containers) -> None:
    kefu.files = (*kefu.files, "compose.tls.yaml")
    kefu.up()
    async with kefu.customers() as channel, asyncio.timeout(300):
        answer = None
        while answer is None or answer.completed.source != pb.ANSWER_SOURCE_GENERATED:
            answer = await ask(channel, kefu.key, CHINESE)  # an excerpt until the router has found the replica
        assert "24" in answer.text.decode()
    trusted = ssl.create_default_context(cafile=kefu.secrets / "edge.pem")
    async with httpx.AsyncClient(base_url=f"https://localhost:{kefu.port}", verify=trusted, timeout=60) as browser:
        assert (await browser.get("/")).status_code == 200
        listed = await browser.post(
            "/kefu.router.v1.ChatService/ListSessions", json={}, headers={"authorization": f"Bearer {kefu.key}"}
        )
        assert listed.status_code == 200, listed.text
    [router, *_] = kefu.ids("router")
    unsecured = "import urllib.request as r; r.urlopen('http://kefu-gateway:8080/', timeout=5)"
    refused = subprocess.run(
        ["docker", "exec", router, "python", "-c", unsecured], capture_output=True, timeout=60, check=False
    )
    assert refused.returncode != 0, "the gateway too"
    plain = "import grpc,sys; c=grpc.insecure_channel(sys.argv[1]); grpc.channel_ready_future(c).result(timeout=5)"
    for target in ("kefu-retrieval:50052", "kefu-generation:50053"):
        refused = subprocess.run(
            ["docker", "exec", router, "python", "-c", plain, target], capture_output=True, timeout=60, check=False
        )
        assert refused.returncode != 0, "without a certificate nobody is connected"


async def test_a_certificate_that_is_renewed_is_taken_without_a_restart(kefu: Containers) -> None:
    [router, *_] = kefu.ids("router")
    started = [kefu.inspect(one)["State"]["StartedAt"] for one in kefu.ids()]
    before = shown_to(router, "kefu-retrieval", 50052)
    await asyncio.to_thread(lambda: renew(kefu.secrets))
    assert shown_to(router, "kefu-retrieval", 50052) != before
    async with kefu.customers() as channel:
        answer = await ask(channel, kefu.key, ENGLISH)
        assert "3 years" in answer.text.decode()
    assert [kefu.inspect(one)["State"]["StartedAt"] for one in kefu.ids()] == started


def shown_to(container: str, host: str, port: int) -> str:
    """The certificate that a new connection from a container gets to see."""
    script = (
        "import socket, ssl, sys; f = '/run/secrets/inside_'; c = ssl.create_default_context(cafile=f + 'authority'); "
        "c.load_cert_chain(f + 'certificate', f + 'key'); c.set_alpn_protocols(['h2']); host, port = sys.argv[1:]; "
        "s = c.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host); "
        "print(s.getpeercert()['serialNumber'])"
    )
    return docker("exec", container, "python", "-c", script, host, str(port)).strip()


def renew(secrets: Path) -> None:
    """Into the same files: a container sees the file that was mounted, not one that is moved to its name."""
    made = secrets.parent / "renewed"
    made.mkdir()
    for name in ("inside-authority.pem", "inside-authority-key.pem"):
        (made / name).write_bytes((secrets / name).read_bytes())
    subprocess.run([DEPLOY / "compose" / "secrets.sh", made], check=True, timeout=60)
    for name in ("inside.pem", "inside-key.pem"):
        (secrets / name).chmod(0o644)
        (secrets / name).write_bytes((made / name).read_bytes())
