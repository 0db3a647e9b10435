"""All that is kept of a person, exported and erased, by user, visitor and session, to the last byte in Redis' dump."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc.aio
import pytest

from kefu.common.auth import Scope
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import golden_pb2 as golden
from kefu.router.v1 import webhook_pb2 as hooks
from kefu.router.v1 import webhook_pb2_grpc as hooks_rpc
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import INTERNAL_KEY, bearer_metadata, expect_failure
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.waiting import wait_until_async

VISITOR = "visitor-5e0e2f0a-0000-4000-8000-000000000001"
ASK = "How long does a refund of my quokka take?"


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, webhook_private=True) as opened:
        opened.knowledge.hits = [make_hit("Refunds of zebras arrive within 7 business days.")]
        opened.knowledge.revision = "one"
        opened.replica.frames = ["Refunds of zebras arrive within 7 business days [1]."]
        yield opened


async def visitor(harness: RouterHarness, subject: str = VISITOR) -> RouterClient:
    client = await harness.client(INTERNAL_KEY)
    client.metadata = bearer_metadata(
        INTERNAL_KEY, ("kefu-tenant", "default"), ("kefu-subject", subject), ("kefu-scopes", "chat")
    )
    return client


async def say_all(harness: RouterHarness, client: RouterClient, **more: Any) -> str:
    """A conversation that leaves something of every kind behind; returns the session."""
    first = await client.ask(ASK, **more)
    harness.knowledge.hits = []
    unknown = await client.ask("Do you sell quokka food?", first.session)
    rating = pb.RateTurnRequest(turn=unknown.started.turn, rating=pb.RATING_DOWN, comment="no quokka")
    await client.chat.RateTurn(rating, metadata=client.metadata)
    harness.knowledge.hits = [make_hit("Refunds of zebras arrive within 7 business days.")]
    return first.session


async def subscribe(root: RouterClient, harness: RouterHarness) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{harness.routers[0].port}") as channel:
        nobody = hooks.CreateWebhookRequest(url="http://127.0.0.1:1/", events=[hooks.WEBHOOK_EVENT_TURN])
        await hooks_rpc.WebhookServiceStub(channel).CreateWebhook(nobody, metadata=root.metadata)


async def export(client: RouterClient, **person: Any) -> dict[str, str]:
    """The files of an export, without the README."""
    parts = client.chat.ExportUser(pb.ExportUserRequest(**person), metadata=client.metadata)
    whole = b"".join([part.data async for part in parts])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert "All that Kefu keeps of this person" in files.pop("README.txt")
    return files


async def erase(client: RouterClient, **person: Any) -> int:
    request = pb.DeleteUserRequest(**person)
    return (await client.chat.DeleteUser(request, metadata=client.metadata)).sessions_deleted


async def kept_beside(harness: RouterHarness, session: str) -> set[str]:
    """The kinds of what is kept beside a session."""
    name = session.removeprefix("sessions/")
    async with harness.open_store() as store:
        keys: list[bytes] = await store.keys(f"kefu:1:*:{name}")  # pyright: ignore
    return {key.decode().split(":")[-2] for key in keys}


async def let_expire(harness: RouterHarness, session: str) -> None:
    """As when a session's life is over: its own keys and indexes go, what is kept beside it stays."""
    name = session.removeprefix("sessions/")
    async with harness.open_store() as store:
        for pattern in (f"kefu:1:*:{name}}}:*", "kefu:1:*:by-*"):
            for key in await store.keys(pattern):  # pyright: ignore
                await store.delete(key)


async def dump(harness: RouterHarness) -> bytes:
    """Redis' snapshot on disk, not compressed."""
    async with harness.open_store() as store:
        await store.config_set("rdbcompression", "no")  # pyright: ignore
        await store.save()  # pyright: ignore
        folder = (await store.config_get("dir"))["dir"]  # pyright: ignore
    [file] = Path(str(folder)).glob("*.rdb")
    return file.read_bytes()


@pytest.mark.parametrize("who", ["user", "visitor"])
async def test_what_is_erased_is_all_that_the_export_shows_and_nothing_of_it_is_in_redis_dump(
    harness: RouterHarness, who: str
) -> None:
    root = await harness.client()
    await subscribe(root, harness)
    client, person = (root, {"user": "u-quokka"}) if who == "user" else (await visitor(harness), {"visitor": VISITOR})
    more = {"user": "u-quokka"} if who == "user" else {}
    session = await say_all(harness, client, request_id="r-quokka", **more)
    other = await root.ask("How long does a refund take?", user="u-other")

    async def is_kept() -> bool:
        return {"unanswered", "counted", "told"} <= await kept_beside(harness, session)

    await wait_until_async(is_kept)
    words = (b"quokka", VISITOR.encode()) if who == "visitor" else (b"quokka",)
    before = await dump(harness)
    assert all(word in before for word in words)

    files = await export(root, **person)
    folder = session
    assert sorted(files) == [
        f"{folder}/{name}" for name in ("beside.json", "session.json", "transcript.txt", "turns.jsonl")
    ]
    turns = [json.loads(line) for line in files[f"{folder}/turns.jsonl"].splitlines()]
    assert [turn["question"] for turn in turns] == [ASK, "Do you sell quokka food?"]
    assert turns[1]["ratingComment"] == "no quokka"
    assert f"Customer: {ASK}" in files[f"{folder}/transcript.txt"]
    beside = json.loads(files[f"{folder}/beside.json"])
    assert "quokka food" in str(beside["unanswered"])
    assert any("quokka" in str(value) for name, value in beside.items() if name.startswith("delivery"))

    assert await erase(root, **person) == 1
    assert await export(root, **person) == {}
    left = await dump(harness)
    assert not [word for word in words if word in left]
    assert len(await root.turns(other.session)) == 1


@pytest.mark.parametrize("by", ["session", "user"])
async def test_a_golden_question_made_of_a_persons_words_goes_with_the_conversation(
    harness: RouterHarness, by: str
) -> None:
    root = await harness.client()
    asked = await root.ask("My name is Zyxwv Quux, how long does a refund of zebras take?", user="zyxwv")
    turn = f"{asked.session}/turns/{asked.started.turn.rpartition('/')[2]}"
    proposed = await root.golden.ProposeGoldenQuestion(
        golden.ProposeGoldenQuestionRequest(turn=turn), metadata=root.metadata
    )
    assert proposed.question.turn == turn
    put = golden.PutGoldenQuestionRequest(question=proposed.question)
    stored = (await root.golden.PutGoldenQuestion(put, metadata=root.metadata)).question
    older_client = golden.GoldenQuestion(name=stored.name, text=stored.text, must=stored.must)
    put = golden.PutGoldenQuestionRequest(question=older_client)
    assert (await root.golden.PutGoldenQuestion(put, metadata=root.metadata)).question.turn == turn
    written = golden.GoldenQuestion(name="goldenQuestions/written", text="How long?", must=stored.must)
    await root.golden.PutGoldenQuestion(golden.PutGoldenQuestionRequest(question=written), metadata=root.metadata)
    assert "Zyxwv" in (await export(root, user="zyxwv"))[f"{asked.session}/beside.json"]
    if by == "user":
        assert await erase(root, user="zyxwv") == 1
    else:
        await root.chat.DeleteSession(pb.DeleteSessionRequest(name=asked.session), metadata=root.metadata)
    left = await root.golden.ListGoldenQuestions(golden.ListGoldenQuestionsRequest(), metadata=root.metadata)
    assert [each.name for each in left.questions] == ["goldenQuestions/written"]
    assert b"Zyxwv" not in await dump(harness)
    wrong = golden.PutGoldenQuestionRequest(question=golden.GoldenQuestion(text="Q?", turn="turns/x"))
    failed = await expect_failure(lambda: root.golden.PutGoldenQuestion(wrong, metadata=root.metadata))
    assert failed.reason == "BAD_REQUEST"


async def test_a_cached_answer_goes_with_the_session_that_brought_it_about(harness: RouterHarness) -> None:
    customer = await visitor(harness)
    session = (await customer.ask("How long does a refund take?")).session
    kept = json.loads((await export(customer, session=session))[f"{session}/beside.json"])
    assert [name for name in kept if name.startswith("cached answer")]
    await customer.chat.DeleteSession(pb.DeleteSessionRequest(name=session), metadata=customer.metadata)
    async with harness.open_store() as store:
        assert await store.keys("*:answer:*") == await store.keys("*:cached-by:*") == []  # pyright: ignore


@pytest.mark.parametrize("by", ["the visitor", "an operator", "an operator, by the person"])
async def test_what_is_left_of_a_visitors_session_that_ran_out_can_be_erased(harness: RouterHarness, by: str) -> None:
    customer, root = await visitor(harness), await harness.client()
    session = await say_all(harness, customer)

    async def is_kept() -> bool:
        return "unanswered" in await kept_beside(harness, session)

    await wait_until_async(is_kept)
    await let_expire(harness, session)
    assert list(await export(root, visitor=VISITOR)) == [f"{session}/beside.json"]
    stranger = await visitor(harness, VISITOR[:-1] + "2")
    request = pb.DeleteSessionRequest(name=session)
    failure = await expect_failure(lambda: stranger.chat.DeleteSession(request, metadata=stranger.metadata))
    assert failure.reason == "SESSION_NOT_FOUND"
    if by == "an operator, by the person":
        assert await erase(root, visitor=VISITOR) == 0
    else:
        eraser = root if by == "an operator" else customer
        await eraser.chat.DeleteSession(request, metadata=eraser.metadata)
    assert b"quokka" not in await dump(harness)


async def test_an_operator_erases_a_living_session_of_anybody_in_the_tenant_and_of_nobody_else(
    harness: RouterHarness,
) -> None:
    session = await say_all(harness, await visitor(harness))
    foreign = await harness.client(await harness.create_key("other", Scope.CHAT, Scope.OPERATOR))
    plain = await harness.client(await harness.create_key("default", Scope.CHAT))
    request = pb.DeleteSessionRequest(name=session)
    for client in (foreign, plain):
        failure = await expect_failure(lambda one=client: one.chat.DeleteSession(request, metadata=one.metadata))
        assert failure.reason == "SESSION_NOT_FOUND"
    root = await harness.client()
    await root.chat.DeleteSession(request, metadata=root.metadata)
    assert await export(root, visitor=VISITOR) == {}


async def test_a_session_stands_for_its_person(harness: RouterHarness) -> None:
    root, customer = await harness.client(), await visitor(harness)
    first, second = [(await customer.ask("Hello!")).session for _ in range(2)]
    alone = (await root.ask("Hello!")).session
    named = (await root.ask("Hello!", user="u-1")).session
    (await root.ask("Hello!", user="u-2"))
    for session, expected in ((first, {first, second}), (alone, {alone}), (named, {named})):
        assert {name.rpartition("/")[0] for name in await export(root, session=session)} == expected
    assert await erase(root, session=first) == 2
    assert await erase(root, session=alone) == 1
    assert (await expect_failure(lambda: erase(root, session=alone))).reason == "SESSION_NOT_FOUND"


async def test_a_user_of_several_keys_is_one_for_an_operator_and_two_for_the_keys(harness: RouterHarness) -> None:
    one, two = [await harness.client(await harness.create_key("default", Scope.CHAT)) for _ in range(2)]
    sessions = [(await client.ask("Hello!", user="u-1")).session for client in (one, two)]
    root = await harness.client()
    assert {name.rpartition("/")[0] for name in await export(one, user="u-1")} == {sessions[0]}
    assert await export(root, user="u-1") == {}
    found = await export(root, user="u-1", all_keys=True)
    assert {name.rpartition("/")[0] for name in found} == set(sessions)
    for person in ({"user": "u-1", "all_keys": True}, {"visitor": VISITOR}):
        assert (await expect_failure(lambda who=person: erase(one, **who))).reason == "SCOPE_MISSING"
    assert await erase(one, user="u-1") == 1
    assert await erase(root, user="u-1", all_keys=True) == 1
    assert await export(root, user="u-1", all_keys=True) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"user": "u", "visitor": VISITOR},
        {"visitor": "nobody"},
        {"session": "nothing"},
        {"visitor": VISITOR, "all_keys": True},
        {"user": "u" * 129},
    ],
)
async def test_a_person_is_named_in_one_way(harness: RouterHarness, wrong: dict[str, Any]) -> None:
    root = await harness.client()
    assert (await expect_failure(lambda: erase(root, **wrong))).reason == "BAD_REQUEST"
    assert (await expect_failure(lambda: export(root, **wrong))).reason == "BAD_REQUEST"
