"""
The conversion process: `python -m kefu.retrieval.ingest.conversion_worker MEMORY_MIB SECONDS OCR_PAGE_SECONDS
PAGE_SECONDS`.

Jobs come on standard input, and replies go to standard output, in frames; see `read_frame`. The process has limits on
memory and CPU time, can write no file, has none of the service's secrets, and runs at a low priority. Where the kernel
can, a sandbox keeps it from other files, other processes and the network.
"""

import json
import os
import resource
import struct
import sys
import traceback
from dataclasses import replace
from typing import IO

from pydantic import TypeAdapter

from kefu.retrieval.documents.links import Links, LinksJob, read_links
from kefu.retrieval.documents.ocr.picture_reader import OnPage
from kefu.retrieval.documents.parsed_document import Unreadable
from kefu.retrieval.ingest.conversion import ConversionJob, ConvertedDocument, convert
from kefu.retrieval.ingest.sandbox import confine

FRAME = struct.Struct(">Q")
Job = ConversionJob | LinksJob
JOB: TypeAdapter[Job] = TypeAdapter(Job)
LINKS: TypeAdapter[Links] = TypeAdapter(Links)
CONVERTED: TypeAdapter[ConvertedDocument] = TypeAdapter(ConvertedDocument)
PAGE_SECONDS = 1
"""Seconds that each page adds to those that a document may take, where the pool does not say otherwise."""
_NICENESS = 10
_CPU_RESERVE_SECONDS = 5


def read_frame(source: IO[bytes]) -> bytes | None:
    """The next frame: 8 bytes of length, then that many bytes. None at the end.

    A job is two frames: Job as JSON, the document's bytes. A reply is a frame {"progress": [pages read, pages in all,
    pictures recognized]} after each page, then a frame {"converted": Converted}, {"links": Links} or {"reason",
    "message", "detail"}, then a frame for the bytes of each member.
    """
    head = source.read(FRAME.size)
    if len(head) < FRAME.size:
        return None
    (length,) = FRAME.unpack(head)
    data = source.read(length)
    return data if len(data) == length else None


def main(memory_mib: int, seconds: int, ocr_page_seconds: int, page_seconds: int = PAGE_SECONDS) -> None:
    """Convert documents until standard input ends."""
    os.nice(_NICENESS)
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library's prints do not get between the frames
    _limit(resource.RLIMIT_AS, memory_mib * 2**20)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    confine()
    while (job := read_frame(source)) is not None and (data := read_frame(source)) is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        value = int(used.ru_utime + used.ru_stime) + seconds + _CPU_RESERVE_SECONDS
        _limit_cpu(value)

        def on_page(read: int, total: int, recognized: int, value: int = value) -> None:
            _limit_cpu(value + read * page_seconds + recognized * ocr_page_seconds)
            _write(sink, [json.dumps({"progress": [read, total, recognized]}).encode()])

        _write(sink, reply_to(JOB.validate_json(job), data, memory_mib, on_page))


def reply_to(job: Job, data: bytes, memory_mib: int, on_page: OnPage | None = None) -> list[bytes]:
    """The frames of a reply."""
    try:
        if isinstance(job, LinksJob):
            return [b'{"links":' + LINKS.dump_json(read_links(job, data)) + b"}"]
        converted = convert(job, data, on_page)
        bare = replace(converted, members=[replace(member, data=b"") for member in converted.members])
        head = b'{"converted":' + CONVERTED.dump_json(bare) + b"}"
        return [head, *(member.data for member in converted.members)]
    except Unreadable as exc:
        return [_failure(exc.reason, exc.message, "")]
    except (MemoryError, RecursionError) as exc:
        message = f"Reading it takes more than {memory_mib} MiB of memory; split it, or leave out what is large."
        return [_failure("TOO_LARGE", message, type(exc).__name__)]
    except Exception as exc:
        where = traceback.extract_tb(exc.__traceback__)[-1]  # the message might hold text of the document
        return [
            _failure(
                "BROKEN_FILE",
                "It is broken, or made in a way that cannot be read; open it, save it anew, and import that.",
                f"{type(exc).__name__} at {where.filename}:{where.lineno}",
            )
        ]


def _failure(reason: str, message: str, detail: str) -> bytes:
    return json.dumps({"reason": reason, "message": message, "detail": detail}).encode()


def _write(sink: IO[bytes], frames: list[bytes]) -> None:
    for frame in frames:
        sink.write(FRAME.pack(len(frame)))
        sink.write(frame)
    sink.flush()


def _limit_cpu(seconds: int) -> None:
    """In case the service, which stops what takes too long, is gone."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


def _limit(limit: int, value: int) -> None:
    hard = resource.getrlimit(limit)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:5]))
