"""Sources: a site that changes under way, and what can be found after each run. Real HTTP, gRPC, Redis and embedder."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator

import pytest

from kefu.retrieval.sources.scheduler import Pace
from kefu.retrieval.v1 import source_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import expect_failure
from tests.support.retrieval_harness import open_retrieval_node
from tests.support.sources_harness import NAME, Sources, WordVectors, open_sources
from tests.support.web_site import Response, WebSite, open_web_site, redirect

PAGES = 300
WORDS = (
    *("amber", "birch", "cedar", "delta", "ember", "frost", "grain", "hazel", "ivory"),
    *("jade", "kelp", "lemon", "maple", "nickel", "olive", "pearl", "quartz", "resin"),
)


@pytest.fixture
async def site() -> AsyncIterator[WebSite]:
    async with open_web_site() as opened:
        yield opened


@pytest.fixture
async def sources(own_redis: RedisServer) -> AsyncIterator[Sources]:
    async with (
        open_retrieval_node(own_redis, WordVectors(), pace=Pace(poll_seconds=0.05)) as node,
        open_sources(node, own_redis.url) as opened,
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
            await asyncio.sleep(0.02)

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
    before = await sources.documents()
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
    after = await sources.documents()
    assert after[f"{site.address}/help/new-21"] == before[f"{site.address}/help/21"], "it keeps its id"
    assert after[f"{site.address}/help/renamed-22"] == before[f"{site.address}/help/22"]
    assert seconds < 60

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


async def test_a_plan_that_takes_too_much_away_is_held_dismissed_and_at_last_approved(
    sources: Sources, site: WebSite
) -> None:
    paths = fill(site, 20)
    put = await sources.put(pb.Source(sitemap=pb.SitemapOrigin(address=f"{site.address}/sitemap.xml"), missing_runs=1))
    assert (await sources.first_run()).counts.added == 20
    everything = await sources.texts()
    site.sitemap(*paths[:10])
    held = await sources.run()
    assert (held.state, held.counts.gone, held.counts.unchanged) == (pb.Sync.STATE_HELD, 10, 10)
    assert await sources.texts() == everything
    request = pb.DismissSyncRequest(name=held.name)
    dismissed = (await sources.stub.DismissSync(request, metadata=sources.node.metadata)).sync
    assert dismissed.state == pb.Sync.STATE_DISMISSED
    refused = await expect_failure(
        lambda: sources.stub.ApproveSync(pb.ApproveSyncRequest(name=held.name), metadata=sources.node.metadata)
    )
    assert refused.reason == "SYNC_NOT_HELD"

    # What is applied in the end is what was held, whatever the site says meanwhile.
    site.page(paths[0], "Item 0", "Item 0 is out of stock.")
    again = await sources.run()
    assert (again.state, again.counts.changed) == (pb.Sync.STATE_HELD, 1)
    site.page(paths[0], "Item 0", "Nobody has seen this text.")
    await sources.stub.ApproveSync(pb.ApproveSyncRequest(name=again.name), metadata=sources.node.metadata)
    applied = await sources.ended(again.name)
    assert (applied.state, applied.trigger) == (pb.Sync.STATE_DONE, pb.Sync.TRIGGER_APPROVAL)
    left = await sources.texts()
    assert len(left) == 10
    assert left[f"{site.address}{paths[0]}"] == "Item 0 is out of stock."

    # Who has the token may let it run, and nobody else.
    internal = sources.node.as_tenant("default").metadata
    refused = await expect_failure(
        lambda: sources.stub.PushSource(
            pb.PushSourceRequest(source="site", token=put.push_token[:-1]), metadata=internal
        )
    )
    assert refused.reason == "SOURCE_NOT_FOUND"
    refused = await expect_failure(
        lambda: sources.stub.PushSource(pb.PushSourceRequest(source="site"), metadata=sources.node.metadata)
    )
    assert refused.reason == "SCOPE_MISSING"
    last = (await sources.get()).status.last.name
    await sources.stub.PushSource(pb.PushSourceRequest(source="site", token=put.push_token), metadata=internal)
    while (await sources.get()).status.last.name == last:
        await asyncio.sleep(0.02)
    pushed = (await sources.get()).status.last
    assert (pushed.trigger, pushed.counts.changed) == (pb.Sync.TRIGGER_PUSH, 1)

    deleting = pb.DeleteSourceRequest(name=NAME, with_documents=True)
    deleted = await sources.stub.DeleteSource(deleting, metadata=sources.node.metadata)
    assert deleted.deleted_documents == 10
    assert await sources.texts() == {}


async def test_a_hostile_site_costs_no_more_than_the_limits_and_harms_no_other_page(
    sources: Sources, site: WebSite
) -> None:
    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> Response | None:
        if path.startswith("/calendar"):
            day = int(path.rpartition("=")[2] or 0)
            page = f"<p>Nothing happens on day {day}.</p><a href='/calendar?day={day + 1}'>next</a><a href='a/a/'>x</a>"
            return Response(page.encode(), headers={"content-type": "text/html"})
        if path.endswith("a/"):
            return Response(b"<p>deeper</p><a href='a/'>x</a>", headers={"content-type": "text/html"})
        return None

    site.answer = answer
    bomb = gzip.compress(bytes(50 * 1024 * 1024))
    html = {"content-type": "text/html"}
    site.pages |= {
        "/": Response(
            b"<h1>Start</h1><p>Good page.</p>"
            + b"".join(
                f"<a href='{each}'>x</a>".encode()
                for each in ("/calendar?day=0", "/cloud", "/round", "/big", "/packed", "/fine", "mailto:x", "//[")
            ),
            headers=html,
        ),
        "/cloud": redirect("http://169.254.169.254/latest/meta-data/", 302),
        "/round": redirect("/round-2"),
        "/round-2": redirect("/round"),
        "/big": Response(headers=html, endless=1024 * 1024 * 1024),
        "/packed": Response(bomb, headers={**html, "content-encoding": "gzip"}),
        "/fine": Response(b"<p>Still fine.</p>", headers=html),
        "/robots.txt": Response(b"User-agent: *\nDisallow: /never\n" + b"Disallow: /x*x*x*x\n" * 500_000),
    }
    began = time.monotonic()
    await sources.put(pb.Source(crawl=pb.CrawlOrigin(address=f"{site.address}/"), limits=pb.SourceLimits(depth=100)))
    done = await sources.first_run()
    assert done.state == pb.Sync.STATE_HELD, "the days of the calendar have one text"
    assert "differ from others in their query alone were left out" in done.message
    outcomes = await sources.outcomes(done)
    here = {each.removeprefix(site.address) for each in outcomes["added"]}
    assert {"/", "/fine"} <= here
    assert len(here) < 70
    failed = {each.removeprefix(site.address) for each in outcomes["failed"]}
    assert failed == {"/round", "/big", "/packed"}, done
    assert "/cloud" not in failed  # it leads out of the source, and was never a document
    assert site.sent_bytes < 64 * 1024 * 1024
    assert time.monotonic() - began < 60

    entity = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><urlset><url><loc>&a;</loc></url></urlset>'
    index = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</sitemapindex>'

    def nested(method: str, path: str, headers: dict[str, str], body: bytes) -> Response | None:
        if not path.startswith("/nested"):
            return None
        within = "".join(f"<sitemap><loc>{site.address}{path}-{each}</loc></sitemap>" for each in range(9))
        return Response(('<?xml version="1.0"?>' + index.format(within)).encode())

    site.answer = nested
    site.pages["/entity.xml"] = Response(entity.encode())
    site.pages["/bomb.xml.gz"] = Response(gzip.compress(bytes(60 * 1024 * 1024)))
    for path, expected in (("/entity.xml", "lists no page"), ("/bomb.xml.gz", "unpacks to more"), ("/nested", "deep")):
        site.forget()
        name = f"{NAME}-{path.strip('/').partition('.')[0]}"
        await sources.put(pb.Source(name=name, sitemap=pb.SitemapOrigin(address=f"{site.address}{path}")))
        failed_run = await sources.first_run(name)
        assert failed_run.state == pb.Sync.STATE_FAILED
        assert expected in failed_run.message
        assert site.asked.total() < 250
    site.answer = lambda method, path, headers, body: None
    await sources.put(pb.Source(name=f"{NAME}-ssrf", feed=pb.FeedOrigin(address="http://169.254.169.254/feed")))
    refused = await sources.first_run(f"{NAME}-ssrf")
    assert (refused.state, "private network" in refused.message) == (pb.Sync.STATE_FAILED, True)
