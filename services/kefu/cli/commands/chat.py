"""`kefu ask` and `kefu chat`: the customer's view of Kefu at the command line."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import grpc.aio
import typer

from kefu.cli.console import CommandFailed, console, print_json
from kefu.cli.remote.connection import (
    DataDirOption,
    Json,
    Key,
    KnowledgeServer,
    Remote,
    Server,
    find_remote,
    print_failures,
    remote,
)
from kefu.cli.remote.document_options import Filters, parse_pairs
from kefu.cli.remote.resource_names import draft_of, full, short
from kefu.cli.remote.service_health import quiet_explained
from kefu.cli.view.answer_view import AnswerView, answer_one
from kefu.cli.view.answer_view import as_json as json_of
from kefu.cli.view.live_replies import print_live_replies
from kefu.client.answer import Answer, Event
from kefu.client.attachments import session_of, upload
from kefu.local import data_dir as folders
from kefu.local.data_dir import DataDir
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from kefu.text.terminal_text import printable

INTERRUPTED = 130
Session = Annotated[str, typer.Option(help="Go on with this session. Default: a new one.", show_default=False)]
Collections = Annotated[
    list[str] | None,
    typer.Option("--collection", "-c", help="Search only this one; may be given again.", show_default=False),
]
User = Annotated[str, typer.Option(help="An opaque name for the person who asks.", show_default=False)]
Language = Annotated[str, typer.Option(help="Answer in zh or en. Default: the question's.", show_default=False)]
AsOf = Annotated[str, typer.Option(help="The day asked about, 2026-11-25. Default: today.", show_default=False)]
FromDraft = Annotated[
    str,
    typer.Option(
        "--draft", help="Answer from this draft, by name, or with one --collection by id.", show_default=False
    ),
]
Attach = Annotated[
    list[Path] | None,
    typer.Option(
        "--attach",
        help="A picture or PDF that goes along; may be given again.",
        exists=True,
        dir_okay=False,
        show_default=False,
    ),
]
Think = Annotated[bool, typer.Option("--think", help="Let the model think first, if it can, and show it.")]
ThinkTokens = Annotated[int, typer.Option(help="Most tokens of thinking.", min=1, max=4096)]


def _request(
    text: str,
    session: str,
    collections: list[str] | None,
    user: str,
    language: str,
    as_of: str,
    think_tokens: int,
    filters: list[str] | None = None,
    draft: str = "",
) -> pb.ConverseRequest:
    return pb.ConverseRequest(
        session=full("sessions", session or "-"),
        text=text,
        collections=[full("collections", collection) for collection in collections or ()],
        user=user,
        language=language,
        as_of=as_of,
        filters=[pb.Filter(key=key, value=value) for key, value in parse_pairs("--filter", filters or ())],
        reasoning=pb.ReasoningOptions(max_tokens=think_tokens, include=True) if think_tokens else None,
        draft=draft_of((collections or [""])[0], draft),
    )


@contextlib.contextmanager
def _stop_on_interrupt(remote: Remote, channel: grpc.aio.Channel, answer: Answer) -> Iterator[Callable[[], bool]]:
    """A block in which Ctrl-C stops the answer by StopTurn, and a second Ctrl-C stops reading it.

    Yields a function that says whether Ctrl-C came.
    """
    loop = asyncio.get_running_loop()
    reading = asyncio.current_task()
    stopping: list[asyncio.Task[None]] = []

    async def stop() -> None:
        try:
            await rpc.ChatServiceStub(channel).StopTurn(pb.StopTurnRequest(turn=answer.turn), metadata=remote.metadata)
        except grpc.aio.AioRpcError:
            if reading is not None:  # the call failed: hang up, which has the same effect after a while
                reading.cancel()

    def interrupted() -> None:
        if reading is not None and (stopping or not answer.turn):
            reading.cancel()
        stopping.append(loop.create_task(stop()) if answer.turn else loop.create_task(asyncio.sleep(0)))

    loop.add_signal_handler(signal.SIGINT, interrupted)
    try:
        yield lambda: bool(stopping)
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        for task in stopping:
            task.cancel()


async def ask(
    target: Remote,
    question: Annotated[str, typer.Argument(help="What the customer asks; - reads it from standard input.")],
    session: Session = "",
    collection: Collections = None,
    user: User = "",
    language: Language = "",
    as_of: AsOf = "",
    filters: Filters = None,
    draft: FromDraft = "",
    think: Think = False,
    think_tokens: ThinkTokens = 512,
    attach: Attach = None,
    as_json: Json = False,
) -> None:
    """Ask one question, and see the answer arrive with its sources.

    Ctrl-C stops the answer. The session's name is printed, to go on with --session.
    """
    text = sys.stdin.buffer.read().decode("utf-8", "replace").strip() if question == "-" else question
    out = console()
    answer, view = Answer(), AnswerView(out, show_reasoning=think)
    tokens = think_tokens if think else 0
    request = _request(text, session, collection, user, language, as_of, tokens, filters, draft)
    async with target.to_router() as channel:
        await _attach(channel, target, attach or (), request)
        with _stop_on_interrupt(target, channel, answer) as stopped:
            try:
                async with quiet_explained(target, answer):
                    await answer_one(channel, request, target, _ignore_event if as_json else view.show, answer)
            except asyncio.CancelledError:
                if not stopped():
                    raise
                print(file=sys.stderr)
                raise typer.Exit(INTERRUPTED) from None
    if as_json:
        print_json(json_of(answer))
    else:
        view.end(answer)
        out.print(f"Go on: kefu ask --session {short(answer.session)} …", style="dim", soft_wrap=True)
    if answer.completed is None:
        raise CommandFailed("The stream ended without the end of the answer; ask again.")
    if stopped():
        raise typer.Exit(INTERRUPTED)


async def _attach(
    channel: grpc.aio.Channel, target: Remote, files: Sequence[Path], request: pb.ConverseRequest
) -> None:
    """Upload files, and put their names into the request, with the session that they are of."""
    for file in files:
        attachment = await upload(channel, request.session, file, target.metadata, target.persistence())
        request.session = session_of(attachment)
        request.attachments.append(attachment.name)


def _ignore_event(_: Event, __: Answer) -> None:
    """Ignore an event: with --json only the end is printed."""


def chat(
    session: Session = "",
    collection: Collections = None,
    user: User = "",
    language: Language = "",
    as_of: AsOf = "",
    draft: FromDraft = "",
    think: Think = False,
    think_tokens: ThinkTokens = 512,
    server: Server = "",
    knowledge_server: KnowledgeServer = "",
    key: Key = "",
    data_dir: DataDirOption = folders.DEFAULT,
) -> None:
    """Talk to Kefu. Ctrl-C stops an answer, Ctrl-D or /quit ends the chat.

    /new opens another session, /sources shows the passages of the last answer whole, /quit ends. When a person takes
    over, what they write is shown while you type.
    """
    with print_failures():
        folder = DataDir(Path(data_dir))
        target = find_remote(server, knowledge_server, key, folder)
        out = console()
        current, last, tokens = session, Answer(), think_tokens if think else 0
        with asyncio.Runner() as runner, _prompt_history(folder), print_live_replies(target) as live_replies:
            if sys.stdin.isatty():
                out.print("Ask something. /new, /sources, /quit; Ctrl-C stops an answer.", style="dim")
            live_replies.follow(full("sessions", current) if current else "")
            while (text := _read_line()) is not None:
                match text.split():
                    case []:
                        continue
                    case ["/quit" | "/exit" | "/q"]:
                        break
                    case ["/new"]:
                        current = ""
                        live_replies.follow("")
                        out.print("A new session.", style="dim")
                    case ["/sources"]:
                        _print_sources(last)
                    case [command] if command.startswith("/"):
                        out.print(f"There is no {printable(command)}: /new, /sources, /quit.", style="yellow")
                    case _:
                        request = _request(text, current, collection, user, language, as_of, tokens, draft=draft)
                        try:
                            last = runner.run(_one_turn(target, request))
                        except CommandFailed as failure:
                            console(stderr=True).print(printable(failure.message), style="red", soft_wrap=True)
                            if not sys.stdin.isatty():
                                raise typer.Exit(failure.status) from None
                        current = short(last.session) if last.session else current
                        live_replies.follow(full("sessions", current) if current else "")
        if current:
            out.print(f"Go on later: kefu chat --session {current}", style="dim", soft_wrap=True)


async def _one_turn(target: Remote, request: pb.ConverseRequest) -> Answer:
    answer, view = Answer(), AnswerView(console(), show_reasoning=request.HasField("reasoning"))
    async with target.to_router() as channel:
        with _stop_on_interrupt(target, channel, answer) as stopped:
            try:
                async with quiet_explained(target, answer):
                    await answer_one(channel, request, target, view.show, answer)
            except asyncio.CancelledError:
                if not stopped():
                    raise
    view.end(answer)
    return answer


def _print_sources(answer: Answer) -> None:
    out = console()
    if not answer.passages:
        out.print("The last answer had no sources.", style="dim")
    for passage in answer.passages:
        headings = " › ".join([passage.title, *passage.headings])
        out.print(f"[{passage.number}] {printable(headings)}", style="bold", soft_wrap=True)
        out.print(f"{printable(passage.uri or passage.name)}  relevance {passage.relevance:.2f}", style="dim")
        out.print(printable(passage.text), soft_wrap=True)
        out.print()


def _read_line() -> str | None:
    """The next line of input; empty after Ctrl-C, None at the end."""
    try:
        line = input("> " if sys.stdin.isatty() else "")
    except EOFError:
        return None
    except KeyboardInterrupt:
        print()
        return ""
    # A terminal may send bytes that are not UTF-8; they would not pass through protobuf.
    return line.encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip()


@contextlib.contextmanager
def _prompt_history(folder: DataDir) -> Iterator[None]:
    """A block in which arrow keys bring back earlier questions, if Python has readline and the data folder exists."""
    try:
        import readline
    except ImportError:
        yield
        return
    file = folder.chat_history
    if not sys.stdin.isatty() or not folder.path.is_dir():
        yield
        return
    with contextlib.suppress(OSError):
        readline.read_history_file(file)
    readline.set_history_length(1000)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # a history that cannot be kept is no reason to fail
            readline.write_history_file(file)
            file.chmod(0o600)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(remote(ask))
    app.command()(chat)
