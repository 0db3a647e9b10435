"""Clients that are none of ours: `buf curl`, in Go, which knows the contracts by reflection alone; curl, OpenAI's.

Asked the same, they and the page in a browser are told the same.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from openai import AsyncOpenAI
from playwright.async_api import expect

from kefu.testing.suite import CommandResult, Suite, clean_environment, running_suite
from tests.support.browser_harness import open_browser, send_message
from tests.support.gateway_harness import decode_frames, encode_frame

CONVERSE = "kefu.router.v1.ChatService/Converse"
OPENING = "What are your opening hours?"
HOURS = "Every day from 9:00 to 21:00."
VALIDITY = "A gift card is valid for 3 years from the day of purchase."

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def suite(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Suite]:
    folder = tmp_path_factory.mktemp("clients")
    (folder / "docs").mkdir()
    (folder / "docs/gift_cards.md").write_text(f"# Gift cards\n\n{VALIDITY}\n")
    (folder / "curated.csv").write_text(f"question,answer\n{OPENING},{HOURS}\n")
    # Each of them is answered anew, not out of the cache.
    async with running_suite(folder, "simulated", KEFU_ROUTER_CACHE_ANSWERS="false") as running:
        imported = await running.kefu(
            *("import", str(folder / "docs"), "--curated", str(folder / "curated.csv"), "--create")
        )
        assert imported.status == 0, imported
        yield running


async def run(*command: str, stdin: bytes = b"") -> tuple[int, bytes, str]:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=clean_environment() | {"HOME": os.environ.get("HOME", "/tmp")},
    )
    out, err = await asyncio.wait_for(process.communicate(stdin), 60)
    assert process.returncode is not None
    return process.returncode, out, err.decode()


async def buf_curl(suite: Suite, method: str, request: object, key: str) -> CommandResult:
    status, out, err = await run(
        *(str(Path(sys.executable).parent / "buf"), "curl", "--protocol", "grpc", "--http2-prior-knowledge"),
        *("-H", f"authorization: Bearer {key}", "-d", json.dumps(request), f"http://{suite.router}/{method}"),
    )
    return CommandResult(status, out.decode(), err)


async def events_by_reflection(suite: Suite, text: str) -> list[dict[str, Any]]:
    done = await buf_curl(suite, CONVERSE, {"session": "sessions/-", "text": text}, suite.key)
    assert done.status == 0, done
    decoder, events, rest = json.JSONDecoder(), list[dict[str, Any]](), done.out.strip()
    while rest:
        event, end = decoder.raw_decode(rest)
        events.append(event)
        rest = rest[end:].lstrip()
    return events


def text_of(events: list[dict[str, Any]]) -> str:
    return "".join(event["textDelta"]["text"] for event in events if "textDelta" in event)


async def by_openai(suite: Suite, question: str) -> str:
    async with AsyncOpenAI(base_url=f"{gateway(suite)}/v1", api_key=suite.key, max_retries=0) as client:
        asked = await client.chat.completions.create(model="kefu", messages=[{"role": "user", "content": question}])
        return asked.choices[0].message.content or ""


async def by_curl(suite: Suite, question: str) -> str:
    """Connect, in JSON: a stream's messages have a prefix of five bytes."""
    status, out, err = await run(
        *("curl", "--silent", "--show-error", "--fail", f"{gateway(suite)}/{CONVERSE}", "--data-binary", "@-"),
        *("-H", f"authorization: Bearer {suite.key}", "-H", "content-type: application/connect+json"),
        stdin=encode_frame({"session": "sessions/-", "text": question}),
    )
    assert status == 0, err
    messages, end = decode_frames(out)
    assert "error" not in end, end
    return text_of([json.loads(message) for message in messages])


async def by_grpc(suite: Suite, question: str) -> str:
    return text_of(await events_by_reflection(suite, question))


async def by_browser(suite: Suite, question: str) -> str:
    """The chat page: Connect, in binary, with a visitor's token."""
    async with open_browser() as browser:
        page = await browser.new_page(locale="en-GB")
        await page.goto(gateway(suite))
        await send_message(page, question)
        await expect(page.locator(".rating")).to_be_visible(timeout=60_000)
        return await page.locator(".markdown").inner_text()


def gateway(suite: Suite) -> str:
    return suite.state().gateway.rstrip("/")


@pytest.mark.parametrize(
    ("question", "holds"), [(OPENING, HOURS), ("How long are gift cards valid?", "(simulated answer: ")]
)
async def test_all_are_told_the_same(suite: Suite, question: str, holds: str) -> None:
    texts = {each.__name__: await each(suite, question) for each in (by_openai, by_curl, by_grpc, by_browser)}
    assert holds in texts["by_openai"]
    assert set(texts.values()) == {texts["by_openai"]}, texts


async def test_it_converses_by_reflection(suite: Suite) -> None:
    events = await events_by_reflection(suite, "谢谢")
    assert [next(iter(event)) for event in events] == ["turnStarted", "textDelta", "turnCompleted"]


async def test_an_error_reaches_it_with_its_reason(suite: Suite) -> None:
    done = await buf_curl(suite, "kefu.router.v1.ChatService/GetSession", {"name": "sessions/-"}, "kefu_no_key")
    assert done.status != 0
    failure = json.loads(done.err[done.err.index("{") :])
    assert failure["code"] == "unauthenticated"
    assert any(detail["type"] == "google.rpc.ErrorInfo" for detail in failure["details"])
