"""The connection of commands to a running Kefu: addresses, key, and the decorator that adds their options."""

import asyncio
import functools
import inspect
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Concatenate, ParamSpec

import grpc
import grpc.aio
import typer

from kefu.cli.console import UNAVAILABLE, CommandFailed, command_failure, exit_with
from kefu.client.channels import open_channel
from kefu.client.persistence import Persistence
from kefu.common.errors import CANNOT_START, ServiceError, StartupError
from kefu.local import data_dir as folders
from kefu.local.data_dir import DataDir
from kefu.local.errors import LocalError

P = ParamSpec("P")
ROUTER = "127.0.0.1:50051"
RETRIEVAL = "127.0.0.1:50052"
RESTART_SECONDS = 30.0

Server = Annotated[
    str,
    typer.Option(
        envvar="KEFU_SERVER",
        help="Address of the router, host:port or https://host:port. Default: the local one.",
        show_default=False,
        rich_help_panel="Connection",
    ),
]
KnowledgeServer = Annotated[
    str,
    typer.Option(
        envvar="KEFU_KNOWLEDGE_SERVER",
        help="Address of the retrieval service. Default: the local one.",
        show_default=False,
        rich_help_panel="Connection",
    ),
]
Key = Annotated[
    str,
    typer.Option(
        envvar="KEFU_KEY",
        help="The key to send. Default, on this machine: the one that `kefu up` made.",
        show_default=False,
        rich_help_panel="Connection",
    ),
]
DataDirOption = Annotated[
    Path,
    typer.Option(
        envvar="KEFU_DATA_DIR",
        help="Folder of the local `kefu up`.",
        file_okay=False,
        rich_help_panel="Connection",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(frozen=True)
class Remote:
    """A running Kefu. Addresses are host:port, or https://host:port for TLS."""

    router: str
    """Address of the router."""
    knowledge: str
    """Address of the retrieval service."""
    key: str
    """The key to send; empty: none."""
    folder: DataDir
    """The local data folder, whether a suite runs in it or not."""
    waits_for_restart: bool = False
    """Whether a local `kefu up` is alive, which restarts a service that does not answer: commands then wait for it."""
    root_certificate: str = ""
    """Path of the certificate to trust for a local router with TLS; empty: the system's."""

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """The metadata of every call."""
        return (("authorization", f"Bearer {self.key}"),) if self.key else ()

    def persistence(self) -> Persistence:
        """The retry policy of a call: an unreachable service fails at once, and an answer that has begun is resumed."""
        return Persistence(2 * RESTART_SECONDS, at_first=self.waits_for_restart)

    @asynccontextmanager
    async def to_router(self) -> AsyncIterator[grpc.aio.Channel]:
        """A channel to the router. A failed call inside the block raises CommandFailed."""
        async with open_channel(self.router, self.root_certificate) as channel, explain_failures(self.router):
            await self.wait_until_reachable(channel)
            yield channel

    @asynccontextmanager
    async def to_knowledge(self) -> AsyncIterator[grpc.aio.Channel]:
        """A channel to the retrieval service. A failed call inside the block raises CommandFailed."""
        async with open_channel(self.knowledge) as channel, explain_failures(self.knowledge):
            await self.wait_until_reachable(channel)
            yield channel

    async def wait_until_reachable(self, channel: grpc.aio.Channel) -> None:
        """Wait up to 30 s for a service that a local `kefu up` restarts. Raises CommandFailed after that."""
        if not self.waits_for_restart:
            return
        try:
            await asyncio.wait_for(channel.channel_ready(), RESTART_SECONDS)
        except TimeoutError:
            raise CommandFailed(
                f"A service of the Kefu in {self.folder.path} could not be reached for {RESTART_SECONDS:.0f} s: "
                "see `kefu status` and `kefu logs`.",
                UNAVAILABLE,
            ) from None


@asynccontextmanager
async def explain_failures(address: str) -> AsyncIterator[None]:
    """A block in which a failed call to `address` raises CommandFailed."""
    try:
        yield
    except grpc.RpcError as error:
        raise command_failure(error, address) from None
    except ServiceError as error:  # of kefu.client, with the failed call as its cause
        if not isinstance(error.__cause__, grpc.RpcError):
            raise
        raise command_failure(error.__cause__, address) from None


def find_remote(server: str, knowledge_server: str, key: str, folder: DataDir) -> Remote:
    """The Kefu to call: the given addresses, else the local `kefu up`, else the default ports of this machine.

    Empty arguments are not given. The local key is sent to this machine only. Raises CommandFailed when the user names
    a folder in which nothing runs and no server, or has only the key of such a folder: what listens at the default
    ports is another suite then.
    """
    running = folder.running()
    is_named = folder.path != folders.DEFAULT.absolute()
    if running is None and not server and not knowledge_server and (is_named or (not key and folder.keys())):
        start = f"kefu up --data-dir {shlex.quote(str(folder.path))}" if is_named else "kefu up"
        raise CommandFailed(
            f"No `kefu up` is running in {folder.path}. Start it with `{start}`, or say what to call with --server.",
            UNAVAILABLE,
        )
    router = server or (running.router if running else "") or ROUTER
    knowledge = knowledge_server or (running.retrieval if running else "") or RETRIEVAL
    if not key and _is_local(router) and _is_local(knowledge):
        keys = folder.keys()
        key = keys.bootstrap if keys else ""
    failed_addresses = (
        {service.address for service in running.services if service.state == "failed"} if running else set[str]()
    )
    waits_for_restart = running is not None and router == running.router and not failed_addresses & {router, knowledge}
    root = running.root_certificate if running is not None and router == running.router else ""
    return Remote(router, knowledge, key, folder, waits_for_restart, root)


def _is_local(address: str) -> bool:
    host = address.rpartition("://")[2].rpartition(":")[0] or address
    return host in ("127.0.0.1", "localhost", "[::1]")


def remote(command: Callable[Concatenate[Remote, P], Awaitable[None]]) -> Callable[P, None]:
    """A typer command from a coroutine function. Its first parameter is replaced by the options of the connection."""
    signature = inspect.signature(command, eval_str=True)
    own = list(signature.parameters.values())[1:]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, annotation, default in (
            ("server", Server, ""),
            ("knowledge_server", KnowledgeServer, ""),
            ("key", Key, ""),
            ("data_dir", DataDirOption, folders.DEFAULT),
        )
    ]
    own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        options = dict(kwargs)
        with print_failures():
            folder = DataDir(Path(str(options.pop("data_dir"))))
            target = find_remote(
                str(options.pop("server")), str(options.pop("knowledge_server")), str(options.pop("key")), folder
            )
            asyncio.run(_as_coroutine(functools.partial(command, target, *args, **options)))  # pyright: ignore[reportCallIssue] - P without the shared options, which typer put in

    run.__signature__ = inspect.Signature([*own, *shared])  # pyright: ignore[reportAttributeAccessIssue] - what typer reads
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in (*own, *shared)}
    return run


async def _as_coroutine(call: Callable[[], Awaitable[None]]) -> None:
    await call()


@contextmanager
def print_failures() -> Iterator[None]:
    """A block whose failures are printed as a sentence, and end the program with their status."""
    try:
        yield
    except CommandFailed as failure:
        exit_with(failure)
    except LocalError as error:
        exit_with(CommandFailed(str(error)))
    except StartupError as error:
        exit_with(CommandFailed(str(error), CANNOT_START))
