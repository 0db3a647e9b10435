"""Live replies: messages of agents in a session, printed while `kefu chat` waits for the customer's input."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import grpc

from kefu.cli.console import console
from kefu.cli.remote.connection import Remote
from kefu.client.channels import blocking_channel_to
from kefu.common.grpc_options import CLIENT_OPTIONS
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from kefu.text.terminal_text import printable

_PAUSE_SECONDS = 2.0
_CALL_SECONDS = 30.0


class _SessionWatch:
    """A watch of one session in a thread: the event loop does not run while the prompt waits for a line."""

    def __init__(self, target: Remote, session: str) -> None:
        self._target = target
        self._session = session
        self._end_requested = threading.Event()
        self._channel = blocking_channel_to(target.router, target.root_certificate, CLIENT_OPTIONS)
        self._stub = rpc.ChatServiceStub(self._channel)  # made while the channel is closed it would hang in grpc
        self._thread = threading.Thread(target=self._run, name=f"watch {session}", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop the watch and its output."""
        self._end_requested.set()
        self._channel.close()  # which cancels what is in flight
        self._thread.join()

    def _run(self) -> None:
        """Print agents' messages as long as the session exists. A lost watch goes on where it broke."""
        stub, metadata, after = self._stub, self._target.metadata, ""
        held = set[str]()  # turns of messages for an agent
        while not self._end_requested.is_set():
            try:
                if not after:
                    request = pb.GetSessionRequest(name=self._session)
                    described = stub.GetSession(request, metadata=metadata, timeout=_CALL_SECONDS)
                    after = described.session.last_event
                    if described.session.agent:
                        _greet(described.session.agent)
                watch = pb.WatchSessionRequest(session=self._session, after=after)
                for event in stub.WatchSession(watch, metadata=metadata):
                    after = event.id
                    _show(event, held)
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:  # deleted, or a release without this call
                    return
            except ValueError:  # the channel was closed between two calls
                return
            self._end_requested.wait(_PAUSE_SECONDS)


class LiveReplies:
    """A watch of one session at a time."""

    def __init__(self, target: Remote) -> None:
        self._target = target
        self._session = ""
        self._watch: _SessionWatch | None = None

    def follow(self, session: str) -> None:
        """Watch this session from now on: "sessions/{session}", or empty for none."""
        if session == self._session:
            return
        if self._watch is not None:
            self._watch.end()
        self._session = session
        self._watch = _SessionWatch(self._target, session) if session else None


def _greet(agent: str) -> None:
    console().print(f"\n{printable(agent)} is here and reads what you write.", style="dim", soft_wrap=True)


def _show(event: pb.SessionEvent, held: set[str]) -> None:
    out, turn, changed = console(), event.turn_stored, event.state_changed
    if turn.agent:
        out.print(f"\n{printable(turn.agent)}: {printable(turn.text)}", soft_wrap=True)
    elif turn.completed.finish_reason == pb.FINISH_REASON_HUMAN:
        held.add(turn.name)
    elif turn.name in held:  # the agent returned the session, and Kefu answers
        held.discard(turn.name)
        if turn.text:
            out.print(f"\nKefu: {printable(turn.text)}", soft_wrap=True)
    elif changed.state == pb.Session.STATE_HUMAN:
        _greet(changed.agent)
    elif changed.state == pb.Session.STATE_RETURNED:
        out.print("\nKefu answers again.", style="dim")
    elif changed.state == pb.Session.STATE_CLOSED:
        out.print("\nThis conversation was closed: /new opens another one.", style="dim")
    elif event.HasField("missed"):
        out.print("\nSome messages are not shown: kefu sessions show has them.", style="dim")


@contextmanager
def print_live_replies(target: Remote) -> Iterator[LiveReplies]:
    """A block in which agents' messages are printed. It yields the watch, which follows no session at first."""
    watcher = LiveReplies(target)
    try:
        yield watcher
    finally:
        watcher.follow("")
