"""What browsers and OpenAI clients meet at the suite in containers, over TLS through nginx."""

import asyncio
import json
import re
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import openai
import pytest

from tests.compose.containers import Containers, docker

pytestmark = pytest.mark.timeout(1200)
ENGLISH = "How long are gift cards valid?"
CHINESE = "积分多久过期？"
LONG = "How do I return something that I bought, and what does it cost?"
CHAT = "/kefu.router.v1.ChatService"


@asynccontextmanager
async def browser(kefu: Containers, *, operations: bool = False, token: str = "") -> AsyncIterator[httpx.AsyncClient]:
    """A client of the customers' address, or of the support team's."""
    port = kefu.operations_port if operations else kefu.port
    trusted = ssl.create_default_context(cafile=kefu.secrets / "edge.pem")
    headers = {"authorization": f"Bearer {token}"} if token else {}
    address = f"https://localhost:{port}"
    async with httpx.AsyncClient(base_url=address, verify=trusted, headers=headers, timeout=300) as client:
        yield client


async def visitor_token(kefu: Containers) -> str:
    async with browser(kefu) as client:
        made = await client.post("/api/visitor")
        assert made.status_code == 200, made.text
        return made.json()["token"]


def frame(message: dict[str, object]) -> bytes:
    """A message of a Connect stream."""
    body = json.dumps(message).encode()
    return b"\0" + len(body).to_bytes(4, "big") + body


async def messages(answer: httpx.Response) -> AsyncIterator[tuple[int, dict[str, object]]]:
    """What a Connect stream says, each with its flags: 2 is the end."""
    held = b""
    async for part in answer.aiter_raw():
        held += part
        while len(held) >= 5 and len(held) >= 5 + (length := int.from_bytes(held[1:5], "big")):
            yield held[0], json.loads(held[5 : 5 + length])
            held = held[5 + length :]
    assert held == b""


async def test_the_page_the_widget_and_what_they_need_are_served(kefu: Containers) -> None:
    async with browser(kefu) as client:
        page = await client.get("/")
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert "default-src" in page.headers["content-security-policy"]
        scripts = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text)
        assert scripts
        for script in (*scripts, "/widget.js"):
            assert (await client.get(script)).status_code == 200, script
        config = (await client.get("/api/config")).json()
        assert config["visitors"] is True


async def test_a_visitor_is_answered_over_connect_word_by_word(kefu: Containers) -> None:
    async with browser(kefu, token=await visitor_token(kefu)) as client:
        request = frame({"session": "sessions/-", "text": ENGLISH, "collections": ["collections/help"]})
        headers = {"content-type": "application/connect+json", "connect-protocol-version": "1"}
        async with client.stream("POST", f"{CHAT}/Converse", content=request, headers=headers) as answer:
            assert answer.status_code == 200
            told = [message async for message in messages(answer)]
        assert [flags for flags, _ in told] == [0] * (len(told) - 1) + [2]
        assert "error" not in told[-1][1]
        kinds = [next(iter(message)) for _, message in told[:-1]]
        assert kinds[0] == "turnStarted"
        assert kinds[-1] == "turnCompleted"
        text = "".join(message["textDelta"]["text"] for _, message in told if "textDelta" in message)  # pyright: ignore
        assert "3 years" in text


def test_curl_gets_json_for_json(kefu: Containers) -> None:
    def curl(*arguments: str) -> dict[str, object]:
        command = ["curl", "--silent", "--cacert", str(kefu.secrets / "edge.pem"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        return json.loads(done.stdout)

    address = f"https://localhost:{kefu.port}"
    key, json_is = ("--header", f"authorization: Bearer {kefu.key}"), ("--header", "content-type: application/json")
    listing = ("--data", '{"pageSize": 3}', f"{address}{CHAT}/ListSessions")
    assert "code" not in curl(*key, *json_is, *listing)
    assert curl(*json_is, *listing)["code"] == "unauthenticated"
    question = json.dumps({"model": "kefu/help", "messages": [{"role": "user", "content": ENGLISH}]})
    answered = curl(*key, *json_is, "--data", question, f"{address}/v1/chat/completions")
    assert "3 years" in json.dumps(answered["choices"])


async def test_openais_client_streams_an_answer_in_both_languages(kefu: Containers) -> None:
    trusted = ssl.create_default_context(cafile=kefu.secrets / "edge.pem")
    http = openai.DefaultAsyncHttpxClient(verify=trusted)
    address = f"https://localhost:{kefu.port}/v1"
    async with openai.AsyncOpenAI(base_url=address, api_key=kefu.key, http_client=http, timeout=300) as client:
        for question, expected in ((ENGLISH, "3 years"), (CHINESE, "24"), (LONG, "return")):
            stream = await client.chat.completions.create(
                model="kefu/help", messages=[{"role": "user", "content": question}], stream=True
            )
            pieces = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
            assert expected in "".join(pieces)
        with pytest.raises(openai.AuthenticationError):
            await client.with_options(api_key="wrong").models.list()


async def test_the_support_teams_pages_and_services_are_at_their_own_address_only(kefu: Containers) -> None:
    paths = ("/kefu.router.v1.AdminService/ListTenants", "/kefu.retrieval.v1.KnowledgeService/ListCollections")
    async with browser(kefu, token=kefu.key) as client:
        assert (await client.get("/desk")).status_code == 404
        for path in paths:
            refused = await client.post(path, json={})
            assert (refused.status_code, refused.json()["code"]) == (404, "unimplemented")
    async with browser(kefu, operations=True, token=kefu.key) as client:
        assert (await client.get("/desk")).headers["content-type"].startswith("text/html")
        for path in paths:
            assert (await client.post(path, json={})).status_code == 200
    async with browser(kefu, operations=True, token=await visitor_token(kefu)) as client:
        for path in paths:
            assert (await client.post(path, json={})).status_code == 403


async def test_a_document_is_uploaded_and_a_visitor_answered_from_it(kefu: Containers) -> None:
    text = "# Parking\n\nThe Zeppelin car park behind the shop costs 7 euros a day for customers.\n"
    async with browser(kefu, operations=True, token=kefu.key) as client:
        form = {"files": ("parking.md", text.encode(), "text/markdown")}
        sent = await client.post("/api/import", params={"collection": "help"}, files=form)
        lines = [json.loads(line) for line in sent.text.splitlines()]
        assert sent.status_code == 200, sent.text
        assert any("parking.md" in json.dumps(line) for line in lines)
        assert not any("error" in line for line in lines), lines
    async with browser(kefu, token=await visitor_token(kefu)) as client:
        request = {
            "model": "kefu/help",
            "messages": [{"role": "user", "content": "What does the Zeppelin car park cost?"}],
        }
        async with asyncio.timeout(120):
            while True:  # replicas of the index follow within a second or two
                answer = await client.post("/v1/chat/completions", json=request)
                assert answer.status_code == 200, answer.text
                if "7 euros" in answer.json()["choices"][0]["message"]["content"]:
                    break
                await asyncio.sleep(1)


async def test_a_gateway_is_replaced_and_browsers_go_on(kefu: Containers) -> None:
    before = kefu.ids("gateway")
    stop, failed = asyncio.Event(), list[str]()
    served = 0

    async def visitor() -> None:
        nonlocal served
        async with browser(kefu) as client:
            while not stop.is_set():
                answer = await as_browsers_ask(client, "/api/config")
                served += answer.status_code == 200
                if answer.status_code != 200:
                    failed.append(answer.text)
                await asyncio.sleep(0.1)

    visitors = [asyncio.create_task(visitor()) for _ in range(3)]
    await kefu.replace("gateway")
    stop.set()
    await asyncio.gather(*visitors)
    assert failed == []
    assert served > 10
    assert not set(before) & set(kefu.ids("gateway"))


async def as_browsers_ask(client: httpx.AsyncClient, path: str) -> httpx.Response:
    """Anew where an idle connection was closed as they asked over it: nginx closes those when it reloads."""
    try:
        return await client.get(path)
    except httpx.RemoteProtocolError:
        return await client.get(path)


async def test_metrics_of_the_gateway_are_not_to_be_had_from_outside(kefu: Containers) -> None:
    async with browser(kefu, token=kefu.key) as client:
        assert (await client.get("/metrics")).status_code == 404
    [gateway] = kefu.ids("gateway")
    read = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9090/metrics').read().decode())"
    assert "kefu_gateway_request_seconds" in docker("exec", gateway, "python", "-c", read)
