"""A source's changes in a draft: what a check finds decides whether they go live. The check is played here."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from kefu.common.redis.client import open_redis
from kefu.common.redis.pipelines import call
from kefu.retrieval.sources.lease import Lease
from kefu.retrieval.sources.scheduler import Pace
from kefu.retrieval.v1 import draft_pb2 as dpb
from kefu.retrieval.v1 import source_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.retrieval_harness import COLLECTION, open_retrieval_node
from tests.support.sources_harness import Sources, WordVectors, open_sources
from tests.support.web_site import WebSite, open_web_site


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


async def drafts_of(sources: Sources) -> list[dpb.Draft]:
    request = dpb.ListDraftsRequest(collection=COLLECTION, open_only=True)
    return list((await sources.node.drafts.ListDrafts(request, metadata=sources.node.metadata)).drafts)


async def checking(sources: Sources) -> dpb.Draft:
    """The draft of the source, once its check is asked for."""
    while True:
        found = [each for each in await drafts_of(sources) if each.state == dpb.Draft.STATE_CHECKING]
        if found:
            assert [each.origin for each in found] == ["sources/site"]
            return found[0]
        await asyncio.sleep(0.02)


async def report(sources: Sources, draft: dpb.Draft, *lost: str) -> None:
    check = dpb.DraftCheck(passed=2, failed=len(lost), lost=lost)
    request = dpb.ReportDraftCheckRequest(name=draft.name, check=check, as_of=draft.update_time)
    await sources.node.drafts.ReportDraftCheck(request, metadata=sources.node.metadata)


async def found(sources: Sources, query: str) -> list[str]:
    return [hit.passage.text for hit in (await sources.node.search(query, top_k=1)).hits]


async def test_a_lease_that_is_gone_is_lost_and_nobody_takes_it_again_by_renewing(own_redis: RedisServer) -> None:
    async with open_redis(own_redis.url) as client:
        holder, other = Lease(client, "kefu:1:{a:b}:lease"), Lease(client, "kefu:1:{a:b}:lease")
        assert await holder.take()
        assert not await other.take()
        assert await holder.renew()
        await call(client, "DEL", "kefu:1:{a:b}:lease")  # its source was deleted, or it took too long
        assert not await holder.renew()
        assert await other.take()
        assert not await holder.renew()


async def test_a_sync_that_would_lose_answers_is_held_and_one_that_loses_none_goes_live(
    sources: Sources, site: WebSite
) -> None:
    for number, word in enumerate(("amber", "birch", "cedar")):
        site.page(f"/help/{number}", f"Item {number}", f"The {word} lamp is repaired within {number + 4} days.")
    site.sitemap("/help/0", "/help/1", "/help/2")
    origin = pb.SitemapOrigin(address=f"{site.address}/sitemap.xml")
    await sources.put(pb.Source(sitemap=origin, missing_runs=1), checked=True)

    # The first run: nothing of it is found before its check.
    first = await checking(sources)
    assert await found(sources, "amber lamp") == []
    await report(sources, first)
    assert (await sources.first_run()).counts.added == 3
    assert await found(sources, "amber lamp") == ["The amber lamp is repaired within 4 days."]

    # A page says something else, another is gone: two answers would be lost.
    site.page("/help/0", "Item 0", "The amber lamp is not repaired.")
    site.sitemap("/help/0", "/help/2")
    del site.pages["/help/1"]
    run = await sources.start()
    draft = await checking(sources)
    await report(sources, draft, "goldenQuestions/repair-time", "goldenQuestions/birch")
    held = await sources.ended(run)
    assert held.state == pb.Sync.STATE_HELD
    assert "2 answers to golden questions would be lost: goldenQuestions/repair-time" in held.message
    assert draft.name in held.message
    assert await found(sources, "amber lamp") == ["The amber lamp is repaired within 4 days."]
    assert await found(sources, "birch lamp") == ["The birch lamp is repaired within 5 days."]
    compared = pb.CompareSyncDocumentRequest(name=held.name, address=f"{site.address}/help/0")
    both = await sources.stub.CompareSyncDocument(compared, metadata=sources.node.metadata)
    assert ("within 4 days" in both.old_text, "not repaired" in both.new_text) == (True, True)

    # Mended on the site: the next run takes the place of the held one, and of its draft.
    site.page("/help/0", "Item 0", "The amber lamp is repaired within 4 working days.")
    run = await sources.start()
    second = await checking(sources)
    assert [each.name for each in await drafts_of(sources)] == [second.name]
    await report(sources, second)
    done = await sources.ended(run)
    assert (done.state, done.counts.changed, done.counts.gone) == (pb.Sync.STATE_DONE, 1, 1), done.message
    assert await found(sources, "amber lamp") == ["The amber lamp is repaired within 4 working days."]
    assert not [text for text in await found(sources, "birch lamp") if "birch" in text]
    assert not await drafts_of(sources)

    # Back as it is, while another change of it is held: the draft of the held run goes with that.
    site.page("/help/0", "Item 0", "The amber lamp is a toy.")
    run = await sources.start()
    await report(sources, await checking(sources), "goldenQuestions/repair-time")
    assert (await sources.ended(run)).state == pb.Sync.STATE_HELD
    site.page("/help/0", "Item 0", "The amber lamp is repaired within 4 working days.")
    assert (await sources.run()).counts.unchanged == 2
    assert not await drafts_of(sources)

    # Nothing has changed: no draft, and no wait.
    assert (await sources.run()).counts.unchanged == 2

    # What was held can be approved as it is.
    site.page("/help/2", "Item 2", "The cedar lamp is for sale.")
    run = await sources.start()
    await report(sources, await checking(sources), "goldenQuestions/cedar")
    held = await sources.ended(run)
    assert held.state == pb.Sync.STATE_HELD
    approve = pb.ApproveSyncRequest(name=held.name)
    await sources.stub.ApproveSync(approve, metadata=sources.node.metadata)
    assert (await sources.ended(held.name)).state == pb.Sync.STATE_DONE
    assert await found(sources, "cedar lamp") == ["The cedar lamp is for sale."]
    assert not await drafts_of(sources)
