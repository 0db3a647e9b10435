"""Kill -9 in the middle of a source's run: of the replica that runs it, of another one, of Redis."""

import asyncio
import random
import string
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import grpc.aio
import pytest

from kefu.common.redis.client import open_redis
from kefu.common.redis.pipelines import call
from kefu.retrieval.v1 import draft_pb2 as dpb
from kefu.retrieval.v1 import history_pb2 as hpb
from kefu.retrieval.v1 import source_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import BOOTSTRAP_KEY
from tests.support.retrieval_harness import COLLECTION, node_behind
from tests.support.retrieval_process import RetrievalProcess, open_retrieval_process
from tests.support.sources_harness import Sources, open_sources
from tests.support.web_site import WebSite, open_web_site

PAGES = 50


@dataclass(frozen=True)
class Replica:
    """A replica, and its clients."""

    process: RetrievalProcess
    sources: Sources


@asynccontextmanager
async def clients(replica: RetrievalProcess, redis: RedisServer, *, create: bool) -> AsyncIterator[Sources]:
    """The sources as a replica gives them."""
    async with grpc.aio.insecure_channel(replica.address) as channel:
        node = node_behind(channel, replica.address, BOOTSTRAP_KEY)
        async with open_sources(node, redis.admin_url, create=create) as sources:
            yield sources


def text_of(number: int, edition: int) -> str:
    """The text of a page, unlike the others' in most of its words."""
    chance = random.Random(number)
    words = ["".join(chance.choices(string.ascii_lowercase, k=6)) for _ in range(10)]
    return f"Lamp {number} is made of {' and '.join(words)}, says edition {edition}."


def fill(site: WebSite, edition: int) -> dict[str, str]:
    """Publish an edition: two thirds of the pages say it, ten are gone and ten are new. Returns the texts."""
    first = 10 * (edition - 1)
    numbers = range(first, first + PAGES)
    texts = {number: text_of(number, edition if number % 3 else 1) for number in numbers}
    site.pages.clear()
    for number, text in texts.items():
        site.page(f"/help/{number}", f"Lamp {number}", text)
    site.sitemap(*(f"/help/{number}" for number in numbers))
    return {f"{site.address}/help/{number}": text for number, text in texts.items()}


async def half_applied(sources: Sources, run: str) -> None:
    """Returns once a run has changed some of what it will change."""
    while (await sources.sync(run)).sync.phase != pb.Sync.PHASE_APPLYING:
        await asyncio.sleep(0.005)
    before = await changes(sources)
    while await changes(sources) < before + 20:
        await asyncio.sleep(0.005)
    assert (await sources.sync(run)).sync.phase == pb.Sync.PHASE_APPLYING, "it was too fast for this test"


async def changes(sources: Sources) -> int:
    """Changes of all versions of all collections so far."""
    async with open_redis(sources.redis_url) as client:
        streams = await call(client, "KEYS", "*:changes")
        return sum([await call(client, "XLEN", stream) for stream in streams])


async def approve_each_draft(sources: Sources) -> None:
    """Plays the router: each draft whose check is asked for loses no answer."""
    metadata = sources.node.metadata
    while True:
        request = dpb.ListDraftsRequest(collection=COLLECTION, open_only=True)
        for draft in (await sources.node.drafts.ListDrafts(request, metadata=metadata)).drafts:
            if draft.state == dpb.Draft.STATE_CHECKING:
                check = dpb.DraftCheck(passed=1)
                report = dpb.ReportDraftCheckRequest(name=draft.name, check=check, as_of=draft.update_time)
                await sources.node.drafts.ReportDraftCheck(report, metadata=metadata)
        await asyncio.sleep(0.1)


async def revisions(sources: Sources, document: str) -> list[hpb.Revision]:
    request = hpb.ListRevisionsRequest(document=f"{COLLECTION}/documents/{document}")
    return list((await sources.node.histories.ListRevisions(request, metadata=sources.node.metadata)).revisions)


async def kill_redis(redis: RedisServer) -> None:
    redis.kill()
    await redis.start()


@pytest.mark.parametrize("checked", [False, True], ids=["at-once", "in-a-draft"])
async def test_nothing_is_lost_and_nothing_comes_twice(own_redis: RedisServer, checked: bool) -> None:
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(open_web_site())

        async def start(*, create: bool = False) -> Replica:
            process = await stack.enter_async_context(open_retrieval_process(own_redis))
            return Replica(process, await stack.enter_async_context(clients(process, own_redis, create=create)))

        leader = await start(create=True)
        now = fill(site, 1)
        origin = pb.SitemapOrigin(address=f"{site.address}/sitemap.xml")
        await leader.sources.put(pb.Source(sitemap=origin, missing_runs=1))
        first = await leader.sources.first_run()
        assert (first.state, first.counts.added) == (pb.Sync.STATE_DONE, PAGES), first.message
        if checked:
            await leader.sources.put(pb.Source(sitemap=origin, missing_runs=1), checked=True)
        written = Counter(dict.fromkeys(now, 1))
        other = await start()

        for edition, killed in enumerate(("other", "redis", "leader"), start=2):
            before, now = now, fill(site, edition)
            asked = await leader.sources.start()
            await half_applied(leader.sources, asked)
            if killed == "redis":
                await kill_redis(own_redis)
            else:
                await (leader if killed == "leader" else other).process.kill()
            stays = other if killed == "leader" else leader
            checking = asyncio.create_task(approve_each_draft(stays.sources))
            run = await stays.sources.ended(asked)
            checking.cancel()
            assert run.state == pb.Sync.STATE_DONE, run.message
            assert await stays.sources.texts() == now
            written.update(uri for uri in now if now[uri] != before.get(uri))
            for uri, (document, _) in (await stays.sources.documents()).items():
                assert len(await revisions(stays.sources, document)) == written[uri], uri
            again = await stays.sources.run()
            assert (again.state, again.counts.unchanged) == (pb.Sync.STATE_DONE, PAGES), again
            if killed != "redis":  # one that starts now finds the same
                leader, other = stays, await start()
                assert await other.sources.texts() == now
