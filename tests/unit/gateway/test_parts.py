"""Parts of the gateway that need no server: limits, tokens, OpenAI requests, threads, configuration, scopes."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from typing import Any, cast

import pytest
from pydantic import ValidationError
from starlette.requests import Request

from kefu.common.auth import Principal, Scope
from kefu.common.errors import (
    AddressLimit,
    BackendUnavailable,
    BadRequest,
    ScopeMissing,
    Unauthenticated,
    VisitorLimit,
)
from kefu.common.rpc.interceptor import COLLECTIONS, SCOPES, SUBJECT, TENANT, delegated_metadata, effective_principal
from kefu.gateway import attachments
from kefu.gateway.attachments import AttachmentEndpoint
from kefu.gateway.auth.callers import CallerResolver
from kefu.gateway.auth.key_verifier import KeyVerifier
from kefu.gateway.auth.visitor_policy import may_call, remove_foreign_fields, remove_internal_fields
from kefu.gateway.auth.visitor_tokens import VisitorTokens
from kefu.gateway.config import GatewayConfig
from kefu.gateway.grpc_backends import CHAT
from kefu.gateway.openai_api.chat_request import ChatMessage, collection_of, read_request, session_of
from kefu.gateway.openai_api.errors import InvalidRequest
from kefu.gateway.openai_api.session_lookup import SessionLookup
from kefu.gateway.protobuf_codecs import EncodedRequest
from kefu.gateway.rate_limit import SharedBucket, TokenBuckets, network_of
from kefu.gateway.upload import ImportForm, Options
from kefu.retrieval.v1 import knowledge_pb2
from kefu.router.v1 import attachment_pb2
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1.triage_pb2 import Triage
from tests.support.grpc_calls import INTERNAL_KEY
from tests.support.table import table

SECRET = "s" * 40
DAY = 86_400.0
INTERNAL = Principal("default", "internal", frozenset({Scope.INTERNAL}))


def config(**fields: object) -> GatewayConfig:
    return GatewayConfig(internal_key=INTERNAL_KEY, **fields)  # pyright: ignore[reportArgumentType]


# Whom the services are called for


def test_the_services_own_key_lends_scopes_and_no_other_key_may() -> None:
    visitor = Principal("shop", "visitor-1", frozenset({Scope.CHAT}), frozenset({"help"}))
    metadata = dict(delegated_metadata(INTERNAL_KEY, visitor))
    assert effective_principal(INTERNAL, metadata) == visitor
    for scope in (Scope.CHAT, Scope.KNOWLEDGE, Scope.OPERATOR):
        someone = Principal("default", "someone", frozenset({scope}))
        for name in (TENANT, SUBJECT, COLLECTIONS, SCOPES):
            with pytest.raises(ScopeMissing):
                effective_principal(someone, {name: "operator"})


def test_without_scopes_a_call_keeps_those_of_the_services_own_key() -> None:
    assert effective_principal(INTERNAL, {TENANT: "shop"}).scopes == {Scope.INTERNAL}


@pytest.mark.parametrize("lent", ["internal", "chat,internal", "everything", "CHAT"])
def test_what_cannot_be_lent_is_refused(lent: str) -> None:
    with pytest.raises(BadRequest):
        effective_principal(INTERNAL, {SCOPES: lent})


def test_nothing_lent_is_nothing_allowed() -> None:
    assert effective_principal(INTERNAL, {SCOPES: ""}).scopes == frozenset()


def test_a_visitor_may_call_nine_methods() -> None:
    chat = pb.DESCRIPTOR.services_by_name["ChatService"]
    allowed = {method.name for method in chat.methods if may_call(chat.full_name, method.name)}
    assert allowed == {method.name for method in chat.methods} - {"DeleteUser", "ExportUser"}
    assert not may_call("kefu.router.v1.DeskService", "Converse")


# Limits


def test_a_bucket_is_refilled_by_time_and_each_key_has_its_own() -> None:
    now = [0.0]
    buckets = TokenBuckets("calls", 60.0, burst_seconds=2.0, clock=lambda: now[0])
    assert [buckets.take("a") for _ in range(3)] == [0.0, 0.0, pytest.approx(1.0)]
    assert buckets.take("b") == 0.0
    now[0] = 1.0
    assert buckets.take("a") == 0.0
    assert buckets.take("a") > 0
    now[0] = 100.0
    assert [buckets.take("a") for _ in range(2)] == [0.0, 0.0]
    assert buckets.take("a") > 0, "no more than the burst is saved up"


@table(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_a_network_of_ipv6_counts_as_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


async def test_a_site_of_ipv6_sends_as_much_as_eight_of_its_networks() -> None:
    visitors = VisitorTokens([SECRET], "default")
    callers = CallerResolver(config(address_questions_per_minute=2.0), KeyVerifier(never_asked), visitors, None)
    taken = 0
    for number in range(20):
        authorization = f"Bearer {visitors.issue()}"
        caller = await callers.caller(authorization, f"2001:db8:1:{number:x}::1")
        with suppress(AddressLimit):
            callers.admit(caller, CHAT, "Converse")
            taken += 1
    assert taken == 8
    elsewhere = await callers.caller(f"Bearer {visitors.issue()}", "2001:db8:2::1")
    callers.admit(elsewhere, CHAT, "Converse")


async def test_a_limit_of_zero_is_none() -> None:
    visitors = VisitorTokens([SECRET], "default")
    off = config(
        address_questions_per_minute=0, all_visitors_questions_per_minute=0, visitor_streams=0, address_streams=0
    )
    callers = CallerResolver(off, KeyVerifier(never_asked), visitors, None)
    with ExitStack() as stack:
        for _ in range(400):
            caller = await callers.caller(f"Bearer {visitors.issue()}", "203.0.113.9")
            callers.admit(caller, CHAT, "Converse")
            stack.enter_context(callers.open_stream(caller, watches=True))
            stack.enter_context(callers.open_stream(caller, watches=False))


async def test_streams_are_counted_until_they_end_however_they_end() -> None:
    visitors = VisitorTokens([SECRET], "default")
    few = config(visitor_streams=1, address_streams=2)
    callers = CallerResolver(few, KeyVerifier(never_asked), visitors, None)
    one, other = [await callers.caller(f"Bearer {visitors.issue()}", "203.0.113.9") for _ in range(2)]
    for _ in range(3):
        with callers.open_stream(one, watches=True), ExitStack() as stack:
            with pytest.raises(VisitorLimit), callers.open_stream(one, watches=True):
                pass
            with pytest.raises(RuntimeError), callers.open_stream(other, watches=True):
                raise RuntimeError
            with callers.open_stream(one, watches=False), pytest.raises(AddressLimit):
                stack.enter_context(callers.open_stream(other, watches=True))


async def never_asked(key: str) -> bool | None:
    raise AssertionError("a visitor has no key")


class Uploads:
    """A router that takes files in, and ends none before it is let."""

    def __init__(self) -> None:
        self.running = 0
        self.let = asyncio.Event()

    async def upload_attachment(self, *_: object) -> attachment_pb2.UploadAttachmentResponse:
        self.running += 1
        await self.let.wait()
        return attachment_pb2.UploadAttachmentResponse()


def file_of(token: str, host: str = "203.0.113.9", size: int = 1000) -> Request:
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-length", str(size).encode())]
    return Request({"type": "http", "method": "POST", "headers": headers, "client": (host, 1)})


async def test_files_in_flight_are_bounded_for_each_visitor_each_address_and_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attachments, "_MOST_UPLOADS", 3)
    monkeypatch.setattr(attachments, "_TURN_SECONDS", 0.05)
    visitors, router = VisitorTokens([SECRET], "default"), Uploads()
    rules = config(visitor_streams=1)
    callers = CallerResolver(rules, KeyVerifier(never_asked), visitors, None)
    endpoint = AttachmentEndpoint(rules, cast("Any", router), callers)
    one, other, third = visitors.issue(), visitors.issue(), visitors.issue()
    going_on = [asyncio.create_task(endpoint.upload(file_of(token))) for token in (one, other)]
    while router.running < 2:
        await asyncio.sleep(0)
    for token, why in ((one, "a visitor's second"), (third, "an address' third")):
        with pytest.raises(BackendUnavailable):
            await endpoint.upload(file_of(token))
        assert router.running == 2, why
    going_on.append(asyncio.create_task(endpoint.upload(file_of(visitors.issue(), "203.0.113.10"))))
    while router.running < 3:
        await asyncio.sleep(0)
    with pytest.raises(BackendUnavailable):  # a fourth of all
        await endpoint.upload(file_of(visitors.issue(), "203.0.113.11"))
    router.let.set()
    assert {response.status_code for response in await asyncio.gather(*going_on)} == {200}
    assert (await endpoint.upload(file_of(third))).status_code == 200


async def test_what_visitors_have_stored_is_bounded_by_its_bytes() -> None:
    visitors, router = VisitorTokens([SECRET], "default"), Uploads()
    router.let.set()
    rules = config()
    endpoint = AttachmentEndpoint(
        rules, cast("Any", router), CallerResolver(rules, KeyVerifier(never_asked), visitors, None)
    )
    for _ in range(4):
        await endpoint.upload(file_of(visitors.issue(), "2001:db8:1:2::1", attachments.MAX_BODY_BYTES))
    with pytest.raises(AddressLimit, match="bytes"):
        await endpoint.upload(file_of(visitors.issue(), "2001:db8:1:3::1", attachments.MAX_BODY_BYTES))
    await endpoint.upload(file_of(visitors.issue(), "2001:db8:2:2::1", attachments.MAX_BODY_BYTES))


def test_no_network_takes_more_than_its_share_of_what_all_have() -> None:
    """24 networks that send 100 messages a second took a third of the honest ones' places."""
    now = [0.0]
    bucket = SharedBucket("all", 3_000.0, burst_seconds=30.0, clock=lambda: now[0])
    honest: list[float] = []
    for tick in range(6_000):  # a minute, of 10 ms
        now[0] = tick / 100
        bucket.take(f"hostile-{tick % 24}")
        if tick % 50 == 0:
            honest.append(bucket.take(f"honest-{tick % 1_000}"))
    assert len(honest) == 120
    assert honest.count(0.0) >= 118


def test_a_shared_bucket_is_for_one_network_as_long_as_it_is_alone_and_holds_no_more_than_it_may() -> None:
    now = [1_000.0]
    bucket = SharedBucket("all", 60.0, burst_seconds=10.0, clock=lambda: now[0])
    assert [bucket.take("a") == 0 for _ in range(10)] == [True] * 6 + [False] * 4, "half of it is for others"
    assert [bucket.take("b") == 0, bucket.take("b") == 0] == [True, False]
    assert 0 < bucket.take("a") <= 3
    now[0] += 100
    assert [bucket.take("a") == 0 for _ in range(12)].count(True) == 10, "alone again, it has all that there is"
    assert SharedBucket("none", 0.0).take("a") == 0


# Keys


async def test_a_key_that_was_valid_stays_so_while_nobody_answers_and_no_other_one_is() -> None:
    now, answers = [0.0], dict[str, bool | None]()

    async def ask(key: str) -> bool | None:
        return answers.get(key)

    keys = KeyVerifier(ask, clock=lambda: now[0])
    answers["good"], answers["bad"] = True, False
    assert [await keys.is_valid(key) for key in ("good", "bad", "new")] == [True, False, None]
    answers.clear()
    for now[0], expected in ((29.0, [True, False]), (31.0, [True, None]), (599.0, [True, None]), (601.0, [None, None])):
        assert [await keys.is_valid(key) for key in ("good", "bad")] == expected


async def test_a_key_is_asked_about_again_after_half_a_minute() -> None:
    now, asked = [0.0], list[float]()

    async def ask(key: str) -> bool | None:
        asked.append(now[0])
        return now[0] < 60

    keys = KeyVerifier(ask, clock=lambda: now[0])
    valid: list[bool | None] = []
    for now[0] in (0.0, 29.0, 31.0, 60.0, 62.0, 91.0):
        valid.append(await keys.is_valid("key"))
    assert asked == [0.0, 31.0, 62.0]
    assert valid == [True, True, True, True, False, False]


async def test_a_call_that_is_cancelled_does_not_cancel_the_answer_for_others() -> None:
    answer, asked = asyncio.Event(), list[str]()

    async def ask(key: str) -> bool | None:
        asked.append(key)
        await answer.wait()
        return True

    keys = KeyVerifier(ask)
    first, second = (asyncio.create_task(keys.is_valid("key")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    answer.set()
    assert await second
    assert asked == ["key"]


# What visitors may set


def test_a_visitor_sets_what_is_named_and_a_new_field_is_closed() -> None:
    request = pb.ConverseRequest(
        session="sessions/-",
        text="Hello",
        request_id="1",
        collections=["collections/help"],
        user="someone",
        on_busy=pb.ON_BUSY_SUPERSEDE,
        as_of="2001-01-01",
        resumable=True,
        reasoning=pb.ReasoningOptions(max_tokens=1),
        max_tokens=4096,
        temperature=2.0,
        language="en",
        filters=[pb.Filter(key="product")],
        identity_token="t",
        profile={"name": "A"},
        attachments=["sessions/a/attachments/b"],
        draft="collections/help/drafts/d",
        staged_settings="stagedSettings/s",
    )
    every = {field.name for field in pb.ConverseRequest.DESCRIPTOR.fields}
    assert {field.name for field, _ in request.ListFields()} == every, "set the new field here"
    remove_foreign_fields(request)
    left = {field.name for field, _ in request.ListFields()}
    closed = {"user", "as_of", "reasoning", "max_tokens", "temperature", "identity_token", "draft", "staged_settings"}
    assert left == every - closed, "may a visitor set it?"


def test_what_agents_alone_read_of_a_turn_does_not_reach_a_visitor() -> None:
    turn = pb.Turn(text="a", withdrawn="b", triage=Triage(urgency="high"), handoff=pb.Handoff(message="c", summary="d"))
    listed = pb.ListTurnsResponse(turns=[turn])
    watched = pb.SessionEvent(turn_stored=turn)
    remove_internal_fields(listed)
    remove_internal_fields(watched)
    left = pb.Turn(text="a", handoff=pb.Handoff(message="c"))
    assert (listed.turns[0], watched.turn_stored) == (left, left)


# Requests as they come


async def test_a_large_request_is_decoded_beside_the_loop() -> None:
    text = json.dumps({"text": "Hello", "filters": [{"key": "product"}] * 9_000}).encode()
    turns = 0
    decoding = asyncio.create_task(
        EncodedRequest(text, pb.ConverseRequest, is_json=True).message(20_000, asyncio.Semaphore(1))
    )
    while not decoding.done():
        await asyncio.sleep(0)
        turns += 1
    assert len((await decoding).filters) == 9_000  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType, reportAttributeAccessIssue]
    assert turns > 2


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"filters": [{}] * 1_001}),
        json.dumps({"collections": [""] * 1_001}),
        json.dumps({"unknown": [[{"a": [1] * 10}] * 10] * 10}),
        "[" * 50_000,
        "{",
        '{"text": 1}',
        '{"text": "a", "text": "b"}',
    ],
    ids=["filters", "strings", "nested", "deep", "cut", "type", "twice"],
)
async def test_json_that_is_too_much_or_wrong_is_a_bad_request(text: str) -> None:
    request = EncodedRequest(text.encode(), pb.ConverseRequest, is_json=True)
    with pytest.raises(BadRequest):
        await request.message(1_000, asyncio.Semaphore(1))


def test_a_conversation_of_too_many_parts_is_refused() -> None:
    def read(messages: list[dict[str, object]]) -> str:
        return read_request(json.dumps({"model": "kefu", "messages": messages}).encode(), "").converse.text

    def in_parts(count: int) -> dict[str, object]:
        return {"role": "user", "content": [{"type": "text", "text": "a"}] * count}

    assert read([in_parts(1)] * 1_000) == "a"
    assert read([in_parts(100)]).startswith("a")
    for messages in ([in_parts(1)] * 1_001, [in_parts(101)]):
        with pytest.raises(InvalidRequest):
            read(messages)


# Visitors


def test_a_chain_of_refreshes_ends_however_often_it_is_refreshed() -> None:
    now = [1_000_000.0]
    visitors = VisitorTokens([SECRET], "default", days=30, clock=lambda: now[0])
    token = visitors.issue()
    first = visitors.verify(token)
    for _ in range(5):
        now[0] += 6 * DAY
        with pytest.raises(Unauthenticated):
            visitors.verify(token)
        if now[0] < 1_000_000.0 + 30 * DAY:
            token = visitors.refresh(token)
            assert visitors.verify(token) == first
    with pytest.raises(Unauthenticated):
        visitors.refresh(token)


def test_a_secret_is_changed_by_naming_the_old_one_second() -> None:
    old = VisitorTokens(["o" * 40], "default").issue()
    both = VisitorTokens([SECRET, "o" * 40], "default")
    assert both.verify(old).subject == both.verify(both.refresh(old)).subject
    with pytest.raises(Unauthenticated):
        VisitorTokens([SECRET], "default").verify(old)


# Configuration


@table(
    "fields",
    [
        {"visitor_secret": "short"},
        {"visitor_secret": f"{SECRET},short"},
        {"visitor_secret": ""},
        {"oidc_issuer": "https://login.example.com"},
        {"oidc_issuer": "https://login.example.com", "oidc_tenant": "shop"},
        {"oidc_issuer": "https://login.example.com", "oidc_audience": "kefu"},
        {"oidc_roles": {"admin": ["internal"]}},
    ],
)
def test_a_configuration_that_would_not_be_safe_is_refused(fields: Mapping[str, object]) -> None:
    with pytest.raises(ValidationError):
        config(**fields)


def test_a_tenant_or_its_claim_is_named_where_people_sign_in() -> None:
    issuer = {"oidc_issuer": "https://login.example.com", "oidc_audience": "kefu"}
    assert config(**issuer, oidc_tenant="shop").oidc_tenant == "shop"
    assert config(**issuer, oidc_tenant_claim="tenant").oidc_tenant == ""


def test_the_issuers_roles_are_given_as_json_by_kefus_roles_or_scopes(monkeypatch: pytest.MonkeyPatch) -> None:
    roles = {"support": ["agent"], "editors": ["knowledge"], "boss": ["admin"], "before": ["chat", "operator"]}
    monkeypatch.setenv("KEFU_GATEWAY_OIDC_ROLES", json.dumps(roles))
    given = config()
    assert given.scopes_of("support") == {Scope.DESK}
    assert given.scopes_of("editors") == {Scope.KNOWLEDGE}
    assert given.scopes_of("boss") == set(Scope) - {Scope.INTERNAL, Scope.OPERATOR}, "the role, not the scope"
    assert given.scopes_of("before") == {Scope.CHAT, Scope.OPERATOR, Scope.DESK, Scope.SETTINGS, Scope.ADMIN}
    assert given.scopes_of("guests") == frozenset()


def test_without_a_map_the_issuers_groups_are_named_after_the_roles() -> None:
    assert config().scopes_of("kefu-agent") == {Scope.DESK}
    assert config().scopes_of("kefu-lead") == {Scope.DESK, Scope.KNOWLEDGE, Scope.SETTINGS}
    assert config().scopes_of("kefu-operator") > config().scopes_of("kefu-admin")


# Requests of OpenAI's kind


def asked(**fields: object) -> bytes:
    return json.dumps({"model": "kefu", "messages": [{"role": "user", "content": "Hello"}], **fields}).encode()


def test_the_last_message_of_the_user_is_the_question() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "First"},
        {"role": "assistant", "content": " Answer \n"},
        {"role": "user", "content": [{"type": "text", "text": "Second"}, {"type": "text", "text": "line"}]},
    ]
    read = read_request(asked(messages=messages), "")
    assert read.converse.text == "Second\nline"
    assert read.history == (
        ChatMessage("system", "Be brief."),
        ChatMessage("user", "First"),
        ChatMessage("assistant", "Answer"),
    )


def test_bounds_are_kept_and_unset_stays_unset() -> None:
    assert read_request(asked(max_tokens=100_000), "").converse.max_tokens == 4096
    assert read_request(asked(max_tokens=5, max_completion_tokens=7), "").converse.max_tokens == 7
    plain = read_request(asked(temperature=None, n=1, tools=[], stop=["x"], logit_bias={}), "once").converse
    assert not plain.HasField("temperature")
    assert not plain.HasField("max_tokens")
    assert not plain.HasField("reasoning")
    assert plain.request_id == "once"
    assert read_request(asked(temperature=0), "").converse.HasField("temperature")


@pytest.mark.parametrize(
    ("fields", "tokens"),
    [
        ({"reasoning_effort": "none"}, None),
        ({"reasoning_effort": "minimal"}, None),
        ({"reasoning_effort": "high"}, 2048),
        ({"kefu": {"reasoning": True}}, 0),
    ],
)
def test_thinking_is_asked_for_by_effort_or_extension(fields: dict[str, object], tokens: int | None) -> None:
    converse = read_request(asked(**fields), "").converse
    assert converse.HasField("reasoning") == (tokens is not None)
    assert converse.reasoning.max_tokens == (tokens or 0)


def test_a_model_may_name_a_collection() -> None:
    assert list(read_request(asked(model="kefu/help"), "").converse.collections) == ["collections/help"]
    for model in ("gpt-5", "kefu/", "kefu/Help!", "", "kefu/a/b"):
        with pytest.raises(InvalidRequest):
            collection_of(model)


@table("body", [b"", b"[]", b"{", b'{"model": "kefu"}', b'{"model": 1, "messages": []}'])
def test_a_body_that_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        read_request(body, "")


def test_a_session_is_named_whole_or_by_its_id() -> None:
    assert session_of("sessions/abc") == session_of(" abc ") == "sessions/abc"
    assert session_of(None) == ""
    for wrong in ("sessions/a/b", "a b", "-" * 65, "x\ny"):
        with pytest.raises(InvalidRequest):
            session_of(wrong)


SAID = (ChatMessage("system", "x"), ChatMessage("user", "a"), ChatMessage("assistant", "b"))


def test_a_conversation_is_found_by_all_that_was_said_its_caller_and_its_user() -> None:
    lookup = SessionLookup()
    lookup.put("me", "ann", SAID, "sessions/1")
    assert lookup.take("you", "ann", SAID) == lookup.take("me", "", SAID) == lookup.take("me", "bob", SAID) == ""
    assert lookup.take("me", "ann", (ChatMessage("user", "a"), ChatMessage("assistant", "c"))) == ""
    assert lookup.take("me", "ann", (ChatMessage("user", "a"),)) == ""
    assert lookup.take("me", "ann", SAID[1:]) == "sessions/1", "instructions do not count"
    lookup.put("k", "eyu", SAID, "sessions/2")
    assert lookup.take("key", "u", SAID) == "", "where the caller ends is clear"


def test_each_session_goes_on_with_one_conversation() -> None:
    lookup = SessionLookup()
    for session in ("sessions/1", "sessions/2", "sessions/2"):
        lookup.put("me", "", SAID, session)
    assert {lookup.take("me", "", SAID), lookup.take("me", "", SAID)} == {"sessions/1", "sessions/2"}
    assert lookup.take("me", "", SAID) == "", "a second one with the same past is another conversation"


def test_of_too_many_conversations_the_oldest_goes() -> None:
    lookup = SessionLookup(max_conversations=2)
    lookup.put("me", "", SAID, "sessions/1")
    lookup.put("me", "", (ChatMessage("assistant", "2"),), "sessions/2")
    lookup.put("me", "", (ChatMessage("assistant", "2"),), "sessions/3")
    assert lookup.take("me", "", SAID) == ""
    assert lookup.take("me", "", (ChatMessage("assistant", "2"),)) == "sessions/3"


# Forms


def form(*parts: tuple[str, bytes]) -> bytes:
    lines = [
        b"--x\r\ncontent-disposition: form-data; " + head.encode() + b"\r\n\r\n" + body + b"\r\n"
        for head, body in parts
    ]
    return b"".join(lines) + b"--x--\r\n"


@pytest.mark.parametrize("size", [1, 7, 1_000_000])
def test_a_form_becomes_an_import_wherever_its_bytes_are_cut(size: int) -> None:
    body = form(
        ('name="options"', b'{"create": true, "language": "zh"}'),
        ('name="files"; filename="a/\u914d\u9001.md"', b"first" * 300_000),
        ('name="other"', b"ignored"),
        ('name="files"; filename="b.md"', b"second"),
    )
    if size == 1:
        body = body.replace(b"first" * 300_000, b"first")
    read = ImportForm("collections/help", "multipart/form-data; boundary=x")
    messages = [message for at in range(0, len(body), size) for message in read.messages(body[at : at + size])]
    messages += read.final_messages()
    assert messages[0].start == knowledge_pb2.ImportStart(collection="collections/help", create=True)
    heads = [message.document for message in messages if message.HasField("document")]
    assert [(head.path, head.language) for head in heads] == [("a/\u914d\u9001.md", "zh"), ("b.md", "zh")]
    data = b"".join(message.data for message in messages)
    assert data == (b"first" if size == 1 else b"first" * 300_000) + b"second"
    assert all(len(message.data) <= 1024 * 1024 for message in messages)


def test_a_form_that_is_cut_off_or_out_of_order_is_refused() -> None:
    cut = ImportForm("collections/help", "multipart/form-data; boundary=x")
    cut.messages(form(('name="files"; filename="a.md"', b"text"))[:-6])
    with pytest.raises(BadRequest):
        cut.final_messages()
    late = ImportForm("collections/help", "multipart/form-data; boundary=x")
    with pytest.raises(BadRequest):
        late.messages(form(('name="files"; filename="a.md"', b"text"), ('name="options"', b"{}")))
    for kind in ("", "application/json", "multipart/form-data"):
        with pytest.raises(BadRequest):
            ImportForm("collections/help", kind)


@table("text", [b"[]", b"{", b'{"create": 1}', b'{"nonsense": 1}', b'{"kind": "KIND_OTHER"}'])
def test_options_that_are_none_are_refused(text: bytes) -> None:
    with pytest.raises(BadRequest):
        Options.read(text)
