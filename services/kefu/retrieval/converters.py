"""
Documents are converted in processes of their own, since strangers make them: one that hangs, needs all memory or
crashes the library that reads it costs itself and nothing else. `Converters.open` is where these processes begin and
end.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import structlog

import kefu
from kefu.retrieval.conversion_worker import CONVERTED, FRAME, JOB, read_frame
from kefu.retrieval.converting import Converted, Job
from kefu.retrieval.parsed import Unreadable

_DOCUMENTS_EACH = 200  # then a process is replaced: libraries keep memory
_IDLE_SECONDS = 60.0
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "HOME")
_log = structlog.stdlib.get_logger()
_Process = subprocess.Popen[bytes]


@dataclass
class _Worker:
    process: _Process
    documents: int = 0
    idle_since: float = 0.0


class Converters:
    """Make it with `open`. Processes start when there is something to convert, and end when there has been nothing."""

    def __init__(self, most: int, seconds: float, memory_mib: int) -> None:
        self._seconds = seconds
        self._memory_mib = memory_mib
        self._free = asyncio.Semaphore(most)
        self._idle: list[_Worker] = []
        self._all: set[_Process] = set()

    @classmethod
    @asynccontextmanager
    async def open(cls, most: int = 2, seconds: float = 120.0, memory_mib: int = 1536) -> AsyncIterator["Converters"]:
        """At most `most` processes, each with limits for one document: seconds, and MiB of address space."""
        self = cls(most, seconds, memory_mib)
        retiring = asyncio.create_task(self._retire(), name="converters-retire")
        try:
            yield self
        finally:
            retiring.cancel()
            with suppress(asyncio.CancelledError):
                await retiring
            for process in list(self._all):
                await self._end(process)

    async def convert(self, job: Job, data: bytes) -> Converted:
        """Convert a document; raises Unreadable. When it is cancelled, the process ends."""
        async with self._free:
            worker = self._idle.pop() if self._idle else await self._start()
            kept = False
            try:
                async with asyncio.timeout(self._seconds):
                    # Threads and the standard library's processes: uvloop's forks run Python before the new program
                    # does, which beside gRPC's threads does not always end well.
                    reply = await asyncio.to_thread(_exchange, worker.process, job, data)
                kept = "reason" not in reply or not reply["detail"]  # after what was not foreseen, a fresh one
            except TimeoutError:
                raise Unreadable(
                    "TOO_SLOW", f"It could not be read within {self._seconds:.0f} s; split it, or save it anew."
                ) from None
            except (EOFError, OSError):
                _log.warning("conversion.process_ended", bytes=len(data))
                raise Unreadable(
                    "BROKEN_FILE", "Reading it broke the program that reads it; open it, save it anew, and import that."
                ) from None
            finally:
                worker.documents += 1
                if kept and worker.documents < _DOCUMENTS_EACH:
                    worker.idle_since = asyncio.get_running_loop().time()
                    self._idle.append(worker)
                else:
                    await self._end(worker.process)
        if "reason" in reply:
            if reply["detail"]:
                _log.warning("conversion.failed", reason=reply["reason"], detail=reply["detail"], bytes=len(data))
            raise Unreadable(reply["reason"], reply["message"])
        return cast("Converted", reply["converted"])

    async def _start(self) -> _Worker:
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}  # no keys, no passwords
        environment["PYTHONPATH"] = str(Path(kefu.__file__).parents[1])
        process = await asyncio.to_thread(
            subprocess.Popen[bytes],
            [
                *(sys.executable, "-P", "-m", "kefu.retrieval.conversion_worker"),
                *(str(self._memory_mib), str(int(self._seconds))),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,  # Ctrl-C is for the service, which ends its processes itself
        )
        self._all.add(process)
        return _Worker(process)

    async def _end(self, process: _Process) -> None:
        process.kill()
        await asyncio.to_thread(_reap, process)
        self._all.discard(process)

    async def _retire(self) -> None:
        while True:
            await asyncio.sleep(_IDLE_SECONDS / 2)
            now = asyncio.get_running_loop().time()
            retired = [worker for worker in self._idle if now - worker.idle_since > _IDLE_SECONDS]
            self._idle = [worker for worker in self._idle if worker not in retired]
            for worker in retired:
                await self._end(worker.process)


def _exchange(process: _Process, job: Job, data: bytes) -> dict[str, Any]:
    """Send a job and read its reply, with "converted" as an object. Ends when the process is killed."""
    if process.stdin is None:
        raise ValueError("the process must have pipes")
    for frame in (JOB.dump_json(job), data):
        process.stdin.write(FRAME.pack(len(frame)))
        process.stdin.write(frame)
    process.stdin.flush()
    reply = _parsed(_frame(process))
    if "converted" in reply:
        converted: Converted = reply["converted"]
        reply["converted"] = replace(
            converted, members=[replace(member, data=_frame(process)) for member in converted.members]
        )
    return reply


def _parsed(head: bytes) -> dict[str, Any]:
    """JSON, never pickle: what a hostile document may have made of the process must not run here."""
    if head.startswith(b'{"converted":'):
        return {"converted": CONVERTED.validate_json(head[len(b'{"converted":') : -1])}
    return json.loads(head)


def _frame(process: _Process) -> bytes:
    frame = read_frame(process.stdout) if process.stdout is not None else None
    if frame is None:
        raise EOFError
    return frame


def _reap(process: _Process) -> None:
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # what was not sent yet
                pipe.close()
