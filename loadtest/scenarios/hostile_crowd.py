"""
Sixteen visitors of one address and sixteen of others do all that a visitor can, while customers ask: who notices?

    python -m loadtest.scenarios.hostile_crowd
    python -m loadtest.scenarios.hostile_crowd --seconds 20 --rounds 1

The suite is that of `kefu up --demo`, with the sample shop's actions and procedures, files, and codes by mail to a mail
server of its own; the engine is simulated. Each visitor does one thing a second at the gateway: a message that was
made to keep a router busy, an empty one, a wish for an action, a picture that is dense with text, a file that is none,
a code by mail to a new address. What the gateway refuses counts as done. Addresses are 127.0.x.y, which only Linux
gives. Quiet and disturbed periods take turns. The exit status is 1 when an answer of the others failed, was handed over
for load or was refused for load, their first text's p95 grew by more than a fifth, or a service was started again.
"""

import asyncio
import io
import itertools
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import grpc.aio
import httpx
import typer
from aiosmtpd.controller import Controller
from PIL import Image, ImageDraw

from kefu.local.data_dir import DataDir
from kefu.router.v1 import admin_pb2, admin_pb2_grpc
from kefu.testing import hostile_text
from kefu.testing.ports import free_port
from loadtest.harness.environment import describe_environment
from loadtest.harness.report import lost_answers, summary
from loadtest.harness.tables import table
from loadtest.harness.verdicts import Verdict
from loadtest.scenarios.hostile import MOST_RATIO, Customers, others_table, p95_ratio

_OF_ONE_ADDRESS = _OF_OTHERS = 16
_READY_SECONDS = 180.0
_STOP_SECONDS = 60.0
_GIVE_UP_SECONDS = 60.0
_PAUSE_SECONDS = 1.0
"""Between two things that a visitor does."""
_WISHES = ("Where is my order?", "取消我的订单", "SL700412697734 to another address please", "我要退货")


class _Mail:
    """A mail server that takes all mails and counts them."""

    def __init__(self) -> None:
        self.taken = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take a mail, as aiosmtpd asks."""
        self.taken += 1
        return "250 OK"


async def measure(customers: int, seconds: float, rounds: int, seed: int) -> dict[str, Any]:
    """All periods of a run, and their figures."""
    quiet, disturbed, done = list[Verdict](), list[Verdict](), Counter[str]()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        mail = _Mail()
        controller = Controller(mail, hostname="127.0.0.1", port=free_port())
        controller.start()
        stack.callback(controller.stop)
        data = await stack.enter_async_context(_suite(folder, controller.port))
        keys, suite = data.keys(), data.read_state()
        if keys is None or suite is None:
            raise RuntimeError("kefu up is ready, and has not written where its services are")
        await _allow_codes(suite.router, keys.bootstrap)
        crowd = [await stack.enter_async_context(_visitor(suite.gateway, address)) for address in _addresses()]
        acts = _acts(seed)
        with closing(Customers([suite.router], keys.bootstrap, customers, seed)) as askers:
            await askers.ask_for(5.0, [])  # what is made once is made
            for _ in range(rounds):
                await askers.ask_for(seconds, quiet)
                visiting = asyncio.create_task(_visit(crowd, acts, seconds, done))
                await askers.ask_for(seconds, disturbed, until=visiting)
                await visiting
        restarts = sum(each.restarts for each in (data.read_state() or suite).services)
    return {
        "others_quiet": summary(quiet),
        "others_disturbed": summary(disturbed),
        "visitors": dict(sorted(done.items())),
        "mails": mail.taken,
        "first_text_p95_ratio": p95_ratio(quiet, disturbed),
        "services_started_again": restarts,
    }


@asynccontextmanager
async def _suite(folder: Path, mail_port: int) -> AsyncIterator[DataDir]:
    """`kefu up --demo` with a simulated engine while the block runs: its data folder."""
    data, log = folder / "data", folder / "log"
    own = {"KEFU_ROUTER_SMTP_URL": f"smtp://127.0.0.1:{mail_port}", "KEFU_ROUTER_SMTP_FROM": "codes@shop.example"}
    arguments = ("-m", "kefu.cli", "up", "--demo", "--engine", "simulated", "--data-dir", str(data))
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", *arguments, stdout=out, stderr=out, env=os.environ | own, start_new_session=True
        )
    try:
        async with asyncio.timeout(_READY_SECONDS):
            while "Go on in a browser" not in log.read_text("utf-8"):
                if process.returncode is not None:
                    raise RuntimeError(f"kefu up ended: {log.read_text('utf-8')[-2000:]}")
                await asyncio.sleep(0.5)
        yield DataDir(data)
    finally:
        if process.returncode is None:
            process.terminate()
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()


async def _allow_codes(router: str, key: str) -> None:
    """Let visitors have codes by mail."""
    metadata = (("authorization", f"Bearer {key}"),)
    async with grpc.aio.insecure_channel(router) as channel:
        stub = admin_pb2_grpc.AdminServiceStub(channel)
        found = await stub.GetTenantSettings(admin_pb2.GetTenantSettingsRequest(), metadata=metadata)
        found.settings.identity.email_codes = True
        update = admin_pb2.UpdateTenantSettingsRequest(settings=found.settings, revision=found.revision)
        await stub.UpdateTenantSettings(update, metadata=metadata)


def _addresses() -> list[str]:
    return ["127.0.9.1"] * _OF_ONE_ADDRESS + [f"127.0.20.{number}" for number in range(1, _OF_OTHERS + 1)]


@asynccontextmanager
async def _visitor(gateway: str, address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor at an address, with a token, which may take a while: an address gets some a minute."""
    transport = httpx.AsyncHTTPTransport(local_address=address)
    async with httpx.AsyncClient(base_url=gateway, transport=transport, timeout=_GIVE_UP_SECONDS) as http:
        http.headers["authorization"] = f"Bearer {await _token(http)}"
        yield http


async def _token(http: httpx.AsyncClient) -> str:
    answer = await http.post("/api/visitor")
    if answer.status_code == 429:
        await asyncio.sleep(float(answer.headers["retry-after"]))
        return await _token(http)
    return str(answer.raise_for_status().json()["token"])


@dataclass(frozen=True)
class _Act:
    """What a visitor sends."""

    name: str
    path: str
    document: dict[str, Any] | None = None
    """A body in JSON; None: it is a file."""
    file: bytes = b""


def _acts(seed: int) -> Iterator[_Act]:
    """What visitors do, without an end: in turn each kind of thing."""
    hostile = itertools.chain(hostile_text.SHORT, hostile_text.hostile_texts(), hostile_text.generated(seed))
    pictures = [_dense_picture(seed + number) for number in range(4)]
    for number in itertools.count():
        yield _message("hostile message", next(hostile))
        yield _message("empty message", ("", " ", "\n")[number % 3])
        yield _message("wish for an action", _WISHES[number % len(_WISHES)])
        yield _Act("dense picture", "/api/attachments", file=pictures[number % len(pictures)])
        yield _Act("file that is none", "/api/attachments", file=b"%PDF-1.7\n" + b"1 0 obj<<" * 20_000)
        yield _Act("code by mail", "/api/email-code", {"email": f"somebody{number}@example.com"})


def _message(name: str, text: str) -> _Act:
    body = {"model": "kefu", "messages": [{"role": "user", "content": text}]}
    return _Act(name, "/v1/chat/completions", body)


def _dense_picture(seed: int) -> bytes:
    """A page full of letters, which takes a reader of pictures half a minute."""
    picture, drawn = Image.new("L", (1000, 1000), 255), random.Random(seed)
    draw = ImageDraw.Draw(picture)
    for y in range(0, 1000, 14):
        draw.text((0, y), "".join(drawn.choice("ABCDEFGHKLMNPRSTUVWXYZ23456789 ") for _ in range(142)), fill=0)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


async def _visit(crowd: Sequence[httpx.AsyncClient], acts: Iterator[_Act], seconds: float, done: Counter[str]) -> None:
    """Every visitor does something each second, for so long. `done`: counted by what it was and how it ended."""
    ends = time.monotonic() + seconds

    async def visitor(http: httpx.AsyncClient, number: int) -> None:
        await asyncio.sleep(number / len(crowd))
        while (began := time.monotonic()) < ends:
            act = next(acts)
            try:
                if act.document is None:
                    response = await http.post(act.path, content=act.file, headers={"x-kefu-file-name": "x"})
                else:
                    response = await http.post(act.path, json=act.document)
                done[f"{act.name}: HTTP {response.status_code}"] += 1
            except httpx.HTTPError as error:
                done[f"{act.name}: {type(error).__name__}"] += 1
            await asyncio.sleep(max(0.0, began + _PAUSE_SECONDS - time.monotonic()))

    await asyncio.gather(*(visitor(http, number) for number, http in enumerate(crowd)))


def is_noticed(found: dict[str, Any]) -> bool:
    """Whether an answer of the others was lost, they waited longer, or a service ended."""
    lost = lost_answers(found["others_quiet"]) + lost_answers(found["others_disturbed"])
    return bool(lost or found["services_started_again"]) or found["first_text_p95_ratio"] > MOST_RATIO


def print_figures(found: dict[str, Any]) -> str:
    """The figures as tables."""
    lines = others_table(found)
    lines.append(table(("what the visitors did", "times"), list(found["visitors"].items())))
    lines.append(f"mails sent: {found['mails']}; services started again: {found['services_started_again']}")
    return "\n".join(lines)


def main(
    customers: Annotated[int, typer.Option(min=1, help="Others, who ask meanwhile.")] = 20,
    seconds: Annotated[float, typer.Option(min=1, help="Length of a period.")] = 60.0,
    rounds: Annotated[int, typer.Option(min=1, help="Quiet and disturbed periods, each so often.")] = 3,
    seed: Annotated[int, typer.Option(help="Of the generators of messages and pictures.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Thirty-two visitors who do all that they can, beside others' questions."""
    environment = describe_environment()
    found = asyncio.run(measure(customers, seconds, rounds, seed))
    if as_json:
        print(json.dumps({**environment.as_json(), **found}, indent=2, ensure_ascii=False))
    else:
        print(environment)
        print(print_figures(found))
    raise typer.Exit(1 if is_noticed(found) else 0)


if __name__ == "__main__":
    typer.run(main)
