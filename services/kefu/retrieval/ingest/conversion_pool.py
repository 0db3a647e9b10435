"""
The conversion pool: processes with limits in which documents are converted.

Strangers make these documents. One that hangs, needs all memory or crashes a library costs only itself. All these
processes begin and end within `ConversionPool.open`.
"""

import asyncio
import json
import math
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast

import structlog

import kefu
from kefu.common.errors import BackendUnavailable
from kefu.retrieval.documents.links import Links, LinksJob
from kefu.retrieval.documents.ocr.engine import is_installed
from kefu.retrieval.documents.parsed_document import Unreadable
from kefu.retrieval.ingest.conversion import ConversionJob, ConvertedDocument
from kefu.retrieval.ingest.conversion_worker import CONVERTED, FRAME, JOB, LINKS, PAGE_SECONDS, Job

_MAX_DOCUMENTS_PER_PROCESS = 200  # then the process is replaced, because libraries keep memory
_IDLE_SECONDS = 60.0
_LINKS_SECONDS = 20.0
_INHERITED_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "HOME")
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}  # less address space
_log = structlog.stdlib.get_logger()


_ResultT = TypeVar("_ResultT")
OnProgress = Callable[[int, int, int], Awaitable[None]]
"""Called with pages read, pages in all, and pictures recognized."""


async def _ignore(read: int, total: int, recognized: int) -> None:
    pass


class ProcessBroken(Unreadable):
    """Reading a document ended the process that read it."""


class _ProcessEnded(Exception):
    """A conversion process has ended."""


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    source: asyncio.StreamReader
    sink: asyncio.StreamWriter
    documents: int = 0
    idle_since: float = 0.0


class ConversionPool:
    """A pool of conversion processes, made with `open`. They start on demand, and end after a minute without work."""

    def __init__(
        self,
        max_processes: int,
        seconds: float,
        memory_mib: int,
        ocr_pages: int,
        ocr_page_seconds: float,
        page_seconds: int = PAGE_SECONDS,
    ) -> None:
        self.seconds = seconds
        """That a document may take, and more for its pages."""
        self._ocr_pages = ocr_pages
        self._ocr_page_seconds = math.ceil(ocr_page_seconds)
        self._page_seconds = page_seconds
        self._memory_mib = memory_mib
        self._slots = asyncio.Semaphore(max_processes)
        self._idle: list[_Worker] = []
        self._all: list[_Worker] = []
        self._is_closed = False
        self._under_way: set[asyncio.Task[Any]] = set()
        """Starts and ends of processes, which go on when whoever waits for them is cancelled."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        max_processes: int = 2,
        seconds: float = 120.0,
        memory_mib: int = 1536,
        *,
        ocr_pages: int = 0,
        ocr_page_seconds: float = 30.0,
        page_seconds: int = PAGE_SECONDS,
    ) -> AsyncIterator["ConversionPool"]:
        """A pool of at most `max_processes`. For one document each has `seconds`, and `memory_mib` MiB of address
        space. Each page adds `page_seconds`, and each of at most `ocr_pages` pictures that text recognition reads
        `ocr_page_seconds`.
        """
        self = cls(max_processes, seconds, memory_mib, ocr_pages, ocr_page_seconds, page_seconds)
        retiring = asyncio.create_task(self._retire_idle(), name="converters-retire")
        try:
            yield self
        finally:
            retiring.cancel()
            with suppress(asyncio.CancelledError):
                await retiring
            self._is_closed = True  # what loses its process now starts no other one
            while self._under_way or self._all:
                await asyncio.gather(*self._under_way, return_exceptions=True)
                for worker in list(self._all):
                    await self._kill(worker)

    @property
    def reads_pictures(self) -> bool:
        """Whether text recognition is on, and installed."""
        return self._ocr_pages > 0 and is_installed()

    async def convert(
        self,
        job: ConversionJob,
        data: bytes,
        on_progress: OnProgress = _ignore,
        *,
        seconds: float | None = None,
        tries: int = 2,
    ) -> ConvertedDocument:
        """Convert a document; raises Unreadable, and BackendUnavailable where the pool ends. A cancelled call ends its
        process.

        Args:
            job: what is to be done.
            data: the document.
            on_progress: hears of each page.
            seconds: that each try may take in place of the pool's own; what its pages add comes on top.
            tries: how many processes may break of it: not always the document's fault, one may have been killed.
        """
        job = replace(job, ocr_pages=self._ocr_pages)
        reply = await self._answer(job, data, on_progress, self.seconds if seconds is None else seconds, tries)
        return cast("ConvertedDocument", reply["converted"])

    async def links(self, job: LinksJob, data: bytes) -> Links:
        """The links of a file; raises Unreadable, and BackendUnavailable where the pool ends. A cancelled call ends its
        process."""
        reply = await self._answer(job, data, _ignore, min(_LINKS_SECONDS, self.seconds), tries=1)
        return cast("Links", reply["links"])

    async def _answer(
        self, job: Job, data: bytes, on_progress: OnProgress, seconds: float, tries: int
    ) -> dict[str, Any]:
        async with self._slots:
            reply = await self._tried(job, data, on_progress, seconds, tries)
        if "reason" in reply:
            if reply["detail"]:
                _log.warning("conversion.failed", reason=reply["reason"], detail=reply["detail"], bytes=len(data))
            raise Unreadable(reply["reason"], reply["message"])
        return reply

    async def _tried(
        self, job: Job, data: bytes, on_progress: OnProgress, seconds: float, tries: int
    ) -> dict[str, Any]:
        for _ in range(tries):
            with suppress(_ProcessEnded):
                return await self._reply(job, data, on_progress, seconds)
        raise ProcessBroken(
            "BROKEN_FILE", "Reading it broke the program that reads it; open it, save it anew, and import that."
        )

    async def _reply(self, job: Job, data: bytes, on_progress: OnProgress, seconds: float) -> dict[str, Any]:
        """The reply of a process. Raises Unreadable when it takes too long, and _ProcessEnded."""
        worker = self._idle.pop() if self._idle else await self._started()
        is_reusable = False
        try:
            async with asyncio.timeout(seconds) as limit:
                until = limit.when() or 0.0

                async def on_page(read: int, total: int, recognized: int) -> None:
                    limit.reschedule(until + read * self._page_seconds + recognized * self._ocr_page_seconds)
                    await on_progress(read, total, recognized)

                reply = await _exchange(worker, job, data, on_page)
            is_reusable = not _failed_unforeseen(reply)  # else a fresh process comes next
        except TimeoutError:
            more = " and more for each page" if self._page_seconds else ""
            raise Unreadable(
                "TOO_SLOW", f"It could not be read within {seconds:.0f} s{more}; split it, or save it anew."
            ) from None
        except _ProcessEnded:
            worker.process.kill()
            status = await asyncio.to_thread(worker.process.wait)
            _log.warning("conversion.process_ended", status=status, bytes=len(data))
            raise
        finally:
            worker.documents += 1
            if is_reusable and worker.documents < _MAX_DOCUMENTS_PER_PROCESS:
                worker.idle_since = asyncio.get_running_loop().time()
                self._idle.append(worker)
            else:
                await self._kill(worker)
        return reply

    async def _started(self) -> _Worker:
        if self._is_closed:
            raise BackendUnavailable("Retrieval ends.")
        starting = self._go_on(self._start())
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(self._keep)
            raise

    def _keep(self, started: asyncio.Task[_Worker]) -> None:
        """Keep a process that nobody waits for any more, for the next document."""
        if not started.cancelled() and started.exception() is None:
            worker = started.result()
            worker.idle_since = asyncio.get_running_loop().time()
            self._idle.append(worker)

    def _go_on(self, work: Coroutine[Any, Any, _ResultT]) -> asyncio.Task[_ResultT]:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _start(self) -> _Worker:
        environment = {
            name: os.environ[name] for name in _INHERITED_VARIABLES if name in os.environ
        }  # no keys, no passwords
        environment |= _ONE_THREAD
        environment["PYTHONPATH"] = str(Path(kefu.__file__).parents[1])
        command = (
            *(sys.executable, "-P", "-m", "kefu.retrieval.ingest.conversion_worker"),
            *(str(self._memory_mib), str(int(self.seconds)), str(self._ocr_page_seconds), str(self._page_seconds)),
        )
        ours, theirs = socket.socketpair()
        with theirs:
            # Not the event loop's own subprocesses: uvloop forks, which runs gRPC's handlers in the child and at times
            # crashes the child. Popen uses vfork, which runs none.
            process = await asyncio.to_thread(
                subprocess.Popen[bytes],
                command,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                env=environment,
                start_new_session=True,  # Ctrl-C is for the service, which ends its processes by itself
            )
        worker = _Worker(process, *await asyncio.open_connection(sock=ours))
        self._all.append(worker)
        return worker

    async def _kill(self, worker: _Worker) -> None:
        if worker in self._all:  # else it was ended with the pool
            self._all.remove(worker)
            await asyncio.shield(self._go_on(self._end(worker)))

    async def _end(self, worker: _Worker) -> None:
        worker.process.kill()
        worker.sink.transport.abort()
        await asyncio.to_thread(worker.process.wait)
        with suppress(ConnectionError):
            await worker.sink.wait_closed()

    async def _retire_idle(self) -> None:
        while True:
            await asyncio.sleep(_IDLE_SECONDS / 2)
            now = asyncio.get_running_loop().time()
            retired = [worker for worker in self._idle if now - worker.idle_since > _IDLE_SECONDS]
            self._idle = [worker for worker in self._idle if worker not in retired]
            for worker in retired:
                await self._kill(worker)


def _failed_unforeseen(reply: dict[str, Any]) -> bool:
    if "reason" in reply:
        return bool(reply["detail"])
    converted: ConvertedDocument | None = reply.get("converted")
    return converted is not None and converted.attachment is not None and bool(converted.attachment.failure)


async def _exchange(worker: _Worker, job: Job, data: bytes, on_page: OnProgress) -> dict[str, Any]:
    """Send a job and read the reply, with "converted" as an object. Raises _ProcessEnded."""
    try:
        for frame in (JOB.dump_json(job), data):
            worker.sink.write(FRAME.pack(len(frame)))
            worker.sink.write(frame)
            await worker.sink.drain()
        while (head := await _read_frame(worker.source)).startswith(b'{"progress":'):
            read, total, recognized = json.loads(head)["progress"]
            await on_page(int(read), int(total), int(recognized))
        reply: dict[str, Any] = await asyncio.to_thread(_parse_reply, head)
        if "converted" in reply:
            converted: ConvertedDocument = reply["converted"]
            members = [replace(member, data=await _read_frame(worker.source)) for member in converted.members]
            reply["converted"] = replace(converted, members=members)
    except (asyncio.IncompleteReadError, ConnectionError):
        raise _ProcessEnded from None
    except RuntimeError:
        if not worker.sink.is_closing():
            raise
        raise _ProcessEnded from None  # uvloop's error for a closed connection
    return reply


def _parse_reply(head: bytes) -> dict[str, Any]:
    """The reply in a frame. JSON, never pickle: code of a hostile document must not run in this process."""
    if head.startswith(b'{"converted":'):
        return {"converted": CONVERTED.validate_json(head[len(b'{"converted":') : -1])}
    if head.startswith(b'{"links":'):
        return {"links": LINKS.validate_json(head[len(b'{"links":') : -1])}
    return json.loads(head)


async def _read_frame(stream: asyncio.StreamReader) -> bytes:
    (length,) = FRAME.unpack(await stream.readexactly(FRAME.size))
    return await stream.readexactly(length)
