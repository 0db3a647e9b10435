"""
A suite is lost with all that it had, and another one is made from its backup: what is lost, and how long does it take?

    python -m loadtest.scenarios.recovery --passages 10000 --engine simulated

Starts a suite with the sample's knowledge, copied within Redis until there are `--passages`, and lets customers ask all
the time. Some seconds in it is backed up as the nightly job does it; some seconds later every process of it is killed
and its folder deleted. Then, in a folder of its own and with the same keys, as another region has them: an empty Redis,
the restore, a suite, and a question in a conversation of the lost one.

It ends with an error when a turn is missing that was acknowledged before the backup was asked for, or when there are
other passages than before. Turns after that are counted as lost. Time until somebody decides to restore is not in it.
"""

import asyncio
import hashlib
import json
import shutil
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import grpc.aio
import psutil
import typer
from redis.asyncio import Redis

from kefu.backup.config import BackupConfig
from kefu.backup.create import create_backup
from kefu.backup.restore import Wishes, restore_backup
from kefu.local.data_dir import DataDir
from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.retrieval.v1.knowledge_pb2_grpc import KnowledgeServiceStub
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1.chat_pb2_grpc import ChatServiceStub
from kefu.testing.redis_server import redis_server
from kefu.testing.suite import Suite, starting_suite
from loadtest.harness.asking import NEW_SESSION, ask
from loadtest.harness.environment import describe_environment
from loadtest.harness.questions import help_center
from loadtest.harness.tables import table

if TYPE_CHECKING:
    from kefu.router.v1.chat_pb2_grpc import ChatServiceAsyncStub

_COLLECTION = "help"
_QUESTION = "How long are gift cards valid?"
_READY_SECONDS = 600.0


class Customers:
    """Customers who ask one after the other, each in conversations of several turns."""

    def __init__(self, suite: Suite) -> None:
        self._address, self._key = suite.router, suite.key
        self.turns = list[tuple[float, str, str]]()
        """Of each answered turn: when it had ended, its session, its name."""

    async def ask(self, session: str = NEW_SESSION) -> str:
        """Ask once, and return the session."""
        async with grpc.aio.insecure_channel(self._address) as channel:
            started = await ask(ChatServiceStub(channel), self._key, _QUESTION, session)
        self.turns.append((time.time(), started.session, started.turn))
        return started.session

    async def keep_asking(self) -> None:
        """Until cancelled, or until the suite is gone."""
        with suppress(grpc.aio.AioRpcError):
            while True:
                session = await self.ask()
                for _ in range(3):
                    await self.ask(session)

    async def kept(self, session: str) -> set[str]:
        """Names of a session's turns."""
        async with grpc.aio.insecure_channel(self._address) as channel:
            stub: ChatServiceAsyncStub = ChatServiceStub(channel)
            metadata = (("authorization", f"Bearer {self._key}"),)
            try:
                found = await stub.ListTurns(pb.ListTurnsRequest(session=session), metadata=metadata)
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.NOT_FOUND:
                    return set()
                raise
            return {each.name for each in found.turns}


async def copy_documents(url: str, passages: int) -> int:
    """Copy the documents of the collection under other paths until there are so many passages. Returns how many."""
    prefix = f"kefu:1:{{default:{_COLLECTION}}}:"
    async with Redis.from_url(url) as client:  # pyright: ignore[reportUnknownMemberType]
        redis: Any = client
        documents = [each.decode() for each in await redis.zrange(f"{prefix}documents", 0, -1)]
        held = {each: await redis.hlen(f"{prefix}passages:{each}") for each in documents}
        keys = [key.decode() for key in await redis.keys(f"{prefix}*")]
        paths = {each: (await redis.hget(f"{prefix}document:{each}", "path")).decode() for each in documents}
        total, copy = sum(held.values()), 0
        while total < passages:
            copy += 1
            async with redis.pipeline(transaction=False) as pipe:
                for document in documents:
                    path = f"{copy}/{paths[document]}"
                    other = hashlib.sha256(path.encode()).hexdigest()[:20]
                    for key in keys:
                        if key.endswith(f":{document}"):
                            pipe.copy(key, key.removesuffix(document) + other)
                    pipe.hset(f"{prefix}document:{other}", mapping={"id": other, "path": path})
                    pipe.zadd(f"{prefix}documents", {other: 0})
                    total += held[document]
                await pipe.execute()
        return total


async def passages_of(suite: Suite) -> int:
    """The passages that the suite's retrieval searches."""
    async with grpc.aio.insecure_channel(suite.retrieval) as channel:
        stub: Any = KnowledgeServiceStub(channel)
        metadata = (("authorization", f"Bearer {suite.key}"),)
        found = await stub.GetCollection(kb.GetCollectionRequest(name=f"collections/{_COLLECTION}"), metadata=metadata)
        return found.collection.passage_count


def lose(suite: Suite) -> None:
    """Kill every process of a suite, and delete its folder."""
    processes = [psutil.Process(suite.process.pid), *suite.processes()]
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            each.send_signal(signal.SIGKILL)
    psutil.wait_procs(processes, timeout=30)
    shutil.rmtree(suite.folder.path)


async def measure(passages: int, engine: str, customers: int, before: float, after: float) -> dict[str, Any]:
    """One loss and one recovery. `before` and `after`: seconds of customers' questions around the backup."""
    found: dict[str, Any] = {"engine": engine, "customers": customers}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "first").mkdir()
        (folder / "second").mkdir()
        async with starting_suite(folder / "first", "--engine", engine) as suite:
            await suite.until_ready(_READY_SECONDS)
            done = await suite.kefu("import", str(help_center()), "--collection", _COLLECTION, "--create", seconds=600)
            if done.status:
                raise RuntimeError(done.err)
            found["passages"] = await copy_documents(suite.redis_url, passages)
            keys = (suite.folder.path / "keys.json").read_bytes()
            asking = Customers(suite)
            tasks = [asyncio.create_task(asking.keep_asking()) for _ in range(customers)]
            await asyncio.sleep(before)
            asked_for = time.time()
            config = BackupConfig(redis_url=suite.redis_url, to=str(folder / "backups"))  # pyright: ignore[reportArgumentType, reportCallIssue]
            manifest = await create_backup(config, lambda _: None)
            found |= {"backup_seconds": manifest.seconds, "backup_mib": round(manifest.size / 2**20, 1)}
            await asyncio.sleep(after)
            lost_at = time.time()
            lose(suite)
            await asyncio.gather(*tasks)
        turns = asking.turns
        began = time.monotonic()
        target = DataDir(folder / "second" / "kefu")
        target.path.mkdir(mode=0o700)
        (target.path / "keys.json").write_bytes(keys)
        password = json.loads(keys)["redis_password"]
        async with redis_server(target.redis, password=password) as server:
            config = BackupConfig(redis_url=server.jobs_url, to=str(folder / "backups"))  # pyright: ignore[reportArgumentType, reportCallIssue]
            await restore_backup(config, "latest", Wishes(), lambda _: None)
        found["restore_seconds"] = time.monotonic() - began
        async with starting_suite(folder / "second", "--engine", engine) as suite:
            await suite.until_ready(_READY_SECONDS)
            found["ready_seconds"] = time.monotonic() - began
            again = Customers(suite)
            old = next(session for ended, session, _ in turns if ended < asked_for)
            await again.ask(old)
            found["recovery_seconds"] = time.monotonic() - began
            if (there := await passages_of(suite)) != found["passages"]:
                raise RuntimeError(f"{there} passages are there again, of {found['passages']}.")
            kept = {turn for session in {session for _, session, _ in turns} for turn in await again.kept(session)}
        acknowledged = {turn for ended, _, turn in turns if ended < asked_for}
        if acknowledged - kept:
            raise RuntimeError(f"{len(acknowledged - kept)} turns are lost that ended before the backup was asked for.")
        lost = [ended for ended, _, turn in turns if turn not in kept]
        found |= {
            "turns": len(turns),
            "turns_before_backup": len(acknowledged),
            "turns_lost": len(lost),
            "lost_seconds": lost_at - asked_for,
            "first_lost_after_seconds": min(lost) - asked_for if lost else None,
        }
    return {name: round(value, 1) if isinstance(value, float) else value for name, value in found.items()}


def main(
    passages: Annotated[list[int], typer.Option(help="Passages of the knowledge base; again for another run.")],
    engine: Annotated[str, typer.Option(help="As of `kefu up`.")] = "simulated",
    customers: Annotated[int, typer.Option(min=1, help="Who ask at once, all the time.")] = 4,
    before: Annotated[float, typer.Option(help="Seconds of their questions before the backup.")] = 10.0,
    after: Annotated[float, typer.Option(help="And after it, until all is lost.")] = 10.0,
) -> None:
    """Lose a suite, and make another one of its backup."""
    environment = describe_environment()
    found = [asyncio.run(measure(each, engine, customers, before, after)) for each in passages]
    typer.echo(str(environment))
    typer.echo(table(tuple(found[0]), [tuple(map(str, each.values())) for each in found]))
    typer.echo(json.dumps({"environment": environment.as_json(), "runs": found}))


if __name__ == "__main__":
    typer.run(main)
