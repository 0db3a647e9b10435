"""
The process that holds indexes on a GPU: `python -m kefu.retrieval.vectorstore.gpu_process DESCRIPTOR SHARE`.

The service calls it over a socket, one call at a time. When the GPU fails, FAISS ends the process; when the GPU hangs,
the service does. Either way the service goes on without it.
"""

import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Literal

from kefu.retrieval.device.fallback import Part, Reason, note_fallback, note_gpu
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.embedders.embedder import HalfVectors
from kefu.retrieval.vectorstore.faiss_device import DeviceFull, FaissDevice, IndexDevice
from kefu.retrieval.vectorstore.vector_store import Rows

COMMAND = (sys.executable, "-m", "kefu.retrieval.vectorstore.gpu_process")
_START_SECONDS = 60.0  # libraries of 200 MB, and a CUDA context
_CALL_SECONDS = 10.0  # a batch of searches takes milliseconds, a part of 65,536 vectors a second at most
_END_SECONDS = 2.0
_Outcome = Literal["done", "full", "failed"]


class GpuLost(Exception):
    """The GPU's process has ended, or was ended because it did not answer."""


class GpuProcess:
    """An IndexDevice in a process of its own; made with `start`. Once it is lost, every call raises GpuLost.

    Not safe for several threads at once.
    """

    def __init__(self, process: subprocess.Popen[bytes], connection: Connection, call_seconds: float) -> None:
        self.pid = process.pid
        self.is_lost = False
        self._process = process
        self._connection = connection
        self._call_seconds = call_seconds

    @classmethod
    def start(
        cls, share: float, command: Sequence[str] = COMMAND, *, call_seconds: float = _CALL_SECONDS
    ) -> "GpuProcess | None":
        """A process that may use `share` of the first GPU's memory. None, with a line in the log, if it did not start.

        Blocks for seconds.
        """
        ours, theirs = socket.socketpair()
        with ours, theirs:
            # A process that hangs reads nothing: sending to it may not take for ever either.
            limit = struct.pack("@ll", int(call_seconds) or 1, 0)
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
            process = subprocess.Popen(  # noqa: S603 - ours, without a shell
                [*command, str(theirs.fileno()), str(share)], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )
            self = cls(process, Connection(ours.detach()), call_seconds)
        try:
            self._reply(_START_SECONDS)
        except (GpuLost, DeviceFull) as exc:
            self.close()
            note_fallback(Part.VECTORS, Reason.MISSING, f"FAISS cannot use a GPU here: {exc}")
            return None
        note_gpu(Part.VECTORS, memory_share=share)
        return self

    def create(self, empty: bytes) -> int:
        """See IndexDevice."""
        return self._call("create", empty)

    def add(self, number: int, vectors: HalfVectors) -> None:
        """See IndexDevice."""
        self._call("add", number, vectors)

    def search(self, number: int, queries: Vectors, count: int) -> Rows:
        """See IndexDevice."""
        return self._call("search", number, queries, count)

    def drop(self, number: int) -> None:
        """See IndexDevice."""
        self._call("drop", number)

    def close(self) -> None:
        """End the process."""
        self._connection.close()  # which it reads as the end
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()

    def _kill(self) -> None:
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):  # it may hang in the driver, where only the kernel ends it
            self._process.wait(_END_SECONDS)

    def _call(self, name: str, *arguments: object) -> Any:
        if self.is_lost:
            raise GpuLost
        try:
            try:
                self._connection.send((name, arguments))
            except OSError:
                raise GpuLost(self._how_it_ended()) from None
            return self._reply(self._call_seconds)
        except GpuLost as exc:
            self.is_lost = True
            self._kill()
            note_fallback(Part.VECTORS, Reason.LOST, str(exc))
            raise

    def _reply(self, seconds: float) -> Any:
        try:
            if not self._connection.poll(seconds):
                raise GpuLost(f"there was no answer in {seconds:.0f} s")
            outcome, value = self._connection.recv()
        except (EOFError, OSError):
            raise GpuLost(self._how_it_ended()) from None
        if outcome == "full":
            raise DeviceFull(value)
        if outcome == "failed":
            raise GpuLost(value)
        return value

    def _how_it_ended(self) -> str:
        try:
            status = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            return "its process took no call"
        how = signal.Signals(-status).name if status < 0 else f"status {status}"
        return f"its process ended with {how}"


def serve(connection: Connection, device: IndexDevice) -> None:
    """Answer calls until the other side ends."""
    calls = {"create": device.create, "add": device.add, "search": device.search, "drop": device.drop}
    connection.send(("done", None))
    while True:
        try:
            name, arguments = connection.recv()
        except EOFError:
            return
        reply: tuple[_Outcome, Any]
        try:
            reply = "done", calls[name](*arguments)
        except DeviceFull as exc:
            reply = "full", str(exc)
        except Exception as exc:  # the other side says it, and ends this process
            reply = "failed", f"{type(exc).__name__}: {exc}"
        connection.send(reply)


def main(descriptor: int, share: float) -> None:
    """Serve the first GPU."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the service says when it is over
    connection = Connection(descriptor)
    try:
        device = FaissDevice(share)
    except (RuntimeError, OSError) as exc:
        connection.send(("failed", str(exc)))
        return
    serve(connection, device)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
    os._exit(0)  # without the destructors of CUDA libraries, which may hang
