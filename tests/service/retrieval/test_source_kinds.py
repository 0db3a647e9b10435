"""Each kind of source against a server of its own: Git, feed, folder, bucket, and five systems by recorded answers."""

import asyncio
import hashlib
import hmac
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest
from dulwich import porcelain
from dulwich.repo import Repo
from dulwich.server import DictBackend
from dulwich.web import make_wsgi_chain

from kefu.common.aio import cancel_and_wait
from kefu.common.redis.client import open_redis
from kefu.common.redis.commands import RedisCommands
from kefu.common.redis.tenant_secrets import SecretStore
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.sources.fetching import recipe
from kefu.retrieval.sources.scheduler import Pace, new_sync
from kefu.retrieval.sources.source_store import SourceStore
from kefu.retrieval.sources.sync import MAX_ATTEMPTS
from kefu.retrieval.v1 import source_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import INTERNAL_KEY, expect_failure
from tests.support.retrieval_harness import open_retrieval_node
from tests.support.sources_harness import NAME, Sources, WordVectors, open_sources
from tests.support.web_site import Response, WebSite, open_web_site

JSON = {"content-type": "application/json"}


@pytest.fixture
async def site() -> AsyncIterator[WebSite]:
    async with open_web_site() as opened:
        yield opened


@pytest.fixture
async def sources(own_redis: RedisServer, tmp_path: Path) -> AsyncIterator[Sources]:
    async with open_redis(own_redis.url) as client:
        secrets = SecretStore(RedisCommands(client), [INTERNAL_KEY])
        await secrets.put("default", "source-site", "ann@example.com:secret-word")
    folders = (tmp_path / "docs",)
    async with (
        open_retrieval_node(own_redis, WordVectors(), pace=Pace(poll_seconds=0.05), folders=folders) as node,
        open_sources(node, own_redis.url) as opened,
    ):
        yield opened


async def run(sources: Sources, source: pb.Source) -> pb.Sync:
    """Put a source of the name `site`, in place of the one before with its documents, and run it."""
    put = await sources.put(source)
    found = await sources.first_run(put.source.name)
    assert found.state == pb.Sync.STATE_DONE, found.message
    return found


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Nothing is printed."""


@contextmanager
def git_server(repo: Repo) -> Iterator[str]:
    """Serve a repository over HTTP; its address."""
    backend = DictBackend(cast("Any", {"/docs.git": repo}))
    server = WSGIServer(("127.0.0.1", 0), _Quiet)
    server.set_app(make_wsgi_chain(backend))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/docs.git"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def test_a_repository_is_followed_over_renames_and_read_only_where_it_has_a_new_commit(
    sources: Sources, tmp_path: Path
) -> None:
    folder = tmp_path / "repo"
    (folder / "docs").mkdir(parents=True)
    files = {"docs/returns.md": "# Returns\n\nThirty days.\n", "docs/README.md": "# Help\n\nStart here.\n"}
    files |= {"main.py": "print()", "docs/notes.md": "# Notes\n\nBring the receipt.\n"}
    for name, text in files.items():
        (folder / name).write_text(text)
    repo = porcelain.init(str(folder))

    def commit() -> None:
        porcelain.add(repo, [str(each) for each in folder.rglob("*.*") if ".git" not in each.parts])
        porcelain.commit(repo, b"docs", author=b"A <a@example.com>", committer=b"A <a@example.com>")

    commit()
    with git_server(repo) as address:
        git = pb.GitOrigin(address=address, folder="docs", uri_prefix="https://docs.example.com")
        assert (await run(sources, pb.Source(git=git, missing_runs=1))).counts.added == 3
        before = await sources.documents()
        assert set(before) == {
            "https://docs.example.com/docs/returns",
            "https://docs.example.com/docs/",
            "https://docs.example.com/docs/notes",
        } or set(before) == {
            "https://docs.example.com/docs/returns",
            "https://docs.example.com/docs",
            "https://docs.example.com/docs/notes",
        }
        assert (await sources.run()).counts.unchanged == 3
        porcelain.remove(repo, [str(folder / "docs/notes.md")])
        (folder / "docs/receipts.md").write_text(files["docs/notes.md"])
        (folder / "docs/returns.md").write_text("# Returns\n\nForty days.\n")
        commit()
        changed = await sources.run()
        assert (changed.counts.moved, changed.counts.changed, changed.counts.unchanged) == (1, 1, 1), changed
        after = await sources.documents()
        assert after["https://docs.example.com/docs/receipts"] == before["https://docs.example.com/docs/notes"]
        assert after["https://docs.example.com/docs/returns"][1] == "Forty days."


async def test_a_folder_is_read_within_what_the_configuration_allows_and_links_are_not_followed(
    sources: Sources, tmp_path: Path
) -> None:
    docs, elsewhere = tmp_path / "docs", tmp_path / "elsewhere"
    docs.mkdir()
    elsewhere.mkdir()
    (docs / "returns.md").write_text("# Returns\n\nThirty days.\n")
    (elsewhere / "password.txt").write_text("hunter2")
    (docs / "link.txt").symlink_to(elsewhere / "password.txt")
    wrong = pb.Source(folder=pb.FolderOrigin(path=str(docs / ".." / "elsewhere")))
    refused = await expect_failure(lambda: sources.put(wrong))
    assert "KEFU_RETRIEVAL_SOURCE_FOLDERS" in refused.message
    found = await run(sources, pb.Source(folder=pb.FolderOrigin(path=str(docs)), missing_runs=1))
    assert found.counts.added == 1
    (docs / "returns.md").rename(docs / "sending-back.md")
    assert (await sources.run()).counts.moved == 1
    assert await sources.texts() == {"sources/site/returns.md": "Thirty days."}


@pytest.mark.parametrize("entry", ["&lt;!-- ", "&lt;a ", "<![CDATA[<b><!--]]>"])
async def test_a_hostile_feed_keeps_nobody_waiting(sources: Sources, site: WebSite, entry: str) -> None:
    """600 kB of comments without an end stopped retrieval again and again."""
    text = entry * (600_000 // len(entry))
    item = f"<item><link>{site.address}/1</link><description>{text}</description></item>"
    site.pages["/feed"] = Response(body=f"<rss version='2.0'><channel><title>t</title>{item}</channel></rss>".encode())
    latest = 0.0

    async def tick() -> None:
        nonlocal latest
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.01)
            latest = max(latest, time.monotonic() - began - 0.01)

    ticking = asyncio.create_task(tick())
    await sources.put(pb.Source(feed=pb.FeedOrigin(address=f"{site.address}/feed", entry_text=True)))
    found = await sources.first_run(NAME)
    await cancel_and_wait(ticking)
    assert found.state == pb.Sync.STATE_DONE, found.message
    assert latest < 1, "the event loop of the service waits for no feed"


async def test_a_source_that_replicas_died_over_is_paused_and_says_so(
    sources: Sources, site: WebSite, own_redis: RedisServer
) -> None:
    site.page("/a", "A", "Thirty days.")
    site.sitemap("/a")
    await run(sources, pb.Source(sitemap=pb.SitemapOrigin(address=f"{site.address}/sitemap.xml")))
    key = CollectionKey("default", NAME.split("/")[1])
    async with open_redis(own_redis.url) as client:
        died = replace(new_sync("schedule", time.time()), attempts=MAX_ATTEMPTS)
        await SourceStore(client).queue(key, NAME.rpartition("/")[2], died, time.time())
    failed = await sources.ended(f"{NAME}/syncs/{died.id}")
    assert failed.state == pb.Sync.STATE_FAILED
    assert "was paused" in failed.message
    assert (await sources.get()).paused
    assert (await sources.run()).state == pb.Sync.STATE_DONE, "a run that is asked for is tried"


async def test_what_a_feed_no_longer_lists_stays_until_its_page_is_gone(sources: Sources, site: WebSite) -> None:
    def feed(*numbers: int) -> Response:
        entries = "".join(
            f"<item><title>News {each}</title><link>{site.address}/news/{each}?utm_source=rss</link></item>"
            for each in numbers
        )
        return Response(f'<rss version="2.0"><channel><title>x</title>{entries}</channel></rss>'.encode())

    for number in range(3):
        site.page(f"/news/{number}", f"News {number}", f"In year {number} much happened.")
    site.pages["/feed"] = feed(0, 1)
    address = f"{site.address}/feed"
    assert (await run(sources, pb.Source(feed=pb.FeedOrigin(address=address), missing_runs=1))).counts.added == 2
    site.pages["/feed"] = feed(2)
    assert (await sources.run()).counts.added == 1
    assert len(await sources.texts()) == 3
    del site.pages["/news/0"]
    assert (await sources.run()).counts.gone == 1
    assert set(await sources.texts()) == {f"{site.address}/news/1", f"{site.address}/news/2"}


async def test_a_bucket_is_listed_in_pages_and_its_calls_are_signed(sources: Sources, site: WebSite) -> None:
    objects = {f"help/{number}.md": f"# Page {number}\n\nText {number}.\n".encode() for number in range(3)}
    objects |= {"help/picture.png": b"x", "help/empty/": b""}
    unsigned: list[str] = []

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> Response | None:
        parts = urlsplit(path)
        if not _is_signed(method, path, headers):
            unsigned.append(path)
            return Response(status=403)
        if parts.path != "/docs":
            found = objects.get(parts.path.removeprefix("/docs/"))
            return None if found is None else Response(found)
        after = parse_qs(parts.query).get("continuation-token", [""])[0]
        keys = [key for key in sorted(objects) if key > after]
        listed = "".join(
            f"<Contents><Key>{key}</Key><ETag>{hashlib.md5(objects[key]).hexdigest()}</ETag>"
            f"<Size>{len(objects[key])}</Size></Contents>"
            for key in keys[:2]
        )
        more = f"<NextContinuationToken>{keys[1]}</NextContinuationToken>" if len(keys) > 2 else ""
        xml = f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{listed}{more}</ListBucketResult>'
        return Response(xml.encode())

    site.answer = answer
    s3 = pb.S3Origin(endpoint=site.address, bucket="docs", prefix="help/")
    source = pb.Source(s3=s3, secret="secrets/source-site", missing_runs=1)
    assert (await run(sources, source)).counts.added == 3
    assert not unsigned
    objects["help/1.md"] = b"# Page 1\n\nAnother text.\n"
    del objects["help/2.md"]
    again = await sources.run()
    assert (again.counts.changed, again.counts.gone, again.counts.unchanged) == (1, 1, 1)
    assert set((await sources.texts()).values()) == {"Text 0.", "Another text."}


def _is_signed(method: str, path: str, headers: dict[str, str]) -> bool:
    """Whether a call has the signature of AWS's documentation (SigV4), made here anew by it."""
    parts, sent = urlsplit(path), headers.get("authorization", "")
    if "Signature=" not in sent:
        return False
    names = sent.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    day, scope = headers["x-amz-date"][:8], sent.partition("Credential=")[2].partition(",")[0].partition("/")[2]
    canonical = "\n".join(
        (
            *(method, parts.path, "&".join(sorted(parts.query.split("&")))),
            *("".join(f"{name}:{headers[name]}\n" for name in names), ";".join(names)),
            headers["x-amz-content-sha256"],
        )
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = b"AWS4secret-word"
    for part in (day, *scope.split("/")[1:]):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{digest}"
    return sent.endswith(hmac.new(key, text.encode(), "sha256").hexdigest())


def recorded(site: WebSite) -> dict[str, Any]:
    """Answers as the systems' documentation shows them, by path with query; values of one field are cut."""
    here = site.address
    return {
        # Zendesk, cursor pagination
        "/api/v2/help_center/en-us/articles.json?page%5Bsize%5D=100": {
            "articles": [
                {"id": 35467, "title": "Returns", "body": "<p>Thirty days.</p>", "draft": False}
                | {"html_url": f"{here}/hc/35467", "updated_at": "2026-11-01T00:00:00Z"},
                {"id": 9, "title": "Draft", "body": "<p>Not yet.</p>", "draft": True},
            ],
            "links": {"next": f"{here}/api/v2/help_center/en-us/articles.json?page%5Bafter%5D=x"},
            "meta": {"has_more": True},
        },
        "/api/v2/help_center/en-us/articles.json?page%5Bafter%5D=x": {
            "articles": [
                {"id": 35468, "title": "Delivery", "body": "<p>Three days.</p>", "draft": False}
                | {"html_url": f"{here}/hc/35468", "updated_at": "2026-11-01T00:00:00Z"}
            ],
            "links": {"next": None},
        },
        # Intercom, numbered pages
        "/articles?per_page=100": {
            "type": "list",
            "pages": {"type": "pages", "page": 1, "per_page": 100, "total_pages": 2},
            "data": [
                {"id": "125", "title": "Thanks", "body": "<p>For everything.</p>", "state": "published"}
                | {"url": f"{here}/intercom/125", "updated_at": 1717585382},
                {"id": "126", "title": "No", "body": "<p>No.</p>", "state": "draft"},
            ],
        },
        "/articles?per_page=100&page=2": {
            "pages": {"type": "pages", "page": 2, "per_page": 100, "total_pages": 2},
            "data": [
                {"id": "127", "title": "Refunds", "body": "<p>Within a week.</p>", "state": "published"}
                | {"url": f"{here}/intercom/127", "updated_at": 1717585383}
            ],
        },
        # Confluence Cloud, v2
        "/wiki/api/v2/spaces/65538/pages?status=current&body-format=storage&limit=100": {
            "results": [
                {"id": "98310", "status": "current", "title": "Warranty", "version": {"createdAt": "2026-11-01"}}
                | {"body": {"storage": {"representation": "storage", "value": "<p>Two years.</p>"}}}
                | {"_links": {"webui": "/spaces/HELP/pages/98310/Warranty"}}
            ],
            "_links": {"next": "/wiki/api/v2/spaces/65538/pages?cursor=abc", "base": f"{here}/wiki"},
        },
        "/wiki/api/v2/spaces/65538/pages?cursor=abc": {
            "results": [
                {"id": "98311", "status": "current", "title": "Repairs", "version": {"createdAt": "2026-11-02"}}
                | {"body": {"storage": {"representation": "storage", "value": "<p>Send it in.</p>"}}}
                | {"_links": {"webui": "/spaces/HELP/pages/98311/Repairs"}}
            ],
            "_links": {"base": f"{here}/wiki"},
        },
        # Notion, of which the search is a POST: see `answer`
        "/v1/blocks/59833787/children?page_size=100": {
            "results": [
                {"type": "heading_2", "heading_2": {"rich_text": [{"plain_text": "Opening hours"}]}},
                {
                    "type": "paragraph",
                    "paragraph": {"rich_text": [{"plain_text": each} for each in ("From nine ", "to six.")]},
                },
            ],
            "next_cursor": "b2",
            "has_more": True,
        },
        "/v1/blocks/59833787/children?page_size=100&start_cursor=b2": {
            "results": [{"type": "paragraph", "paragraph": {"rich_text": [{"plain_text": "Closed on Sunday."}]}}],
            "next_cursor": None,
        },
        # GitBook
        "/v1/spaces/space1/content/pages": {
            "pages": [
                {"id": "p1", "title": "Start", "type": "document", "path": "start", "updatedAt": "2026-11-01"}
                | {"pages": [{"id": "p2", "title": "Pay", "type": "document", "path": "start/pay", "pages": []}]},
                {"id": "g1", "title": "Group", "type": "group", "pages": []},
            ]
        },
        "/v1/spaces/space1/content/page/p1?format=markdown": {"id": "p1", "markdown": "# Start\n\nBegin here."},
        "/v1/spaces/space1/content/page/p2?format=markdown": {"id": "p2", "markdown": "# Pay\n\nBy card."},
    }


async def test_five_recipes_read_recorded_answers_of_their_systems(
    sources: Sources, site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = recorded(site)
    asked: dict[str, dict[str, str]] = {}

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> Response | None:
        asked[path] = headers
        if (method, path) == ("POST", "/v1/search"):
            first = "start_cursor" not in json.loads(body)
            assert json.loads(body)["filter"] == {"property": "object", "value": "page"}
            page = {"object": "page", "id": "59833787", "archived": not first, "url": f"{site.address}/notion"}
            page |= {"last_edited_time": "2026", "public_url": None}
            page |= {"properties": {"title": {"id": "title", "title": [{"plain_text": "Our shop"}]}}}
            return Response(
                json.dumps({"results": [page], "next_cursor": "c2" if first else None}).encode(), headers=JSON
            )
        found = answers.get(path)
        return None if found is None else Response(json.dumps(found).encode(), headers=JSON)

    site.answer = answer
    # The systems speak https; the answers are recorded here, over http.
    parse = recipe.parse_recipe

    def over_http(text: str) -> recipe.Recipe:
        return parse(text.replace('url = "https://', 'url = "http://'))

    monkeypatch.setattr(recipe, "parse_recipe", over_http)
    host = site.address.removeprefix("http://")
    wanted: dict[str, tuple[dict[str, str], dict[str, str]]] = {
        "zendesk": (
            {"site": host, "locale": "en-us"},
            {f"{site.address}/hc/35467": "Thirty days.", f"{site.address}/hc/35468": "Three days."},
        ),
        "intercom": (
            {"site": host},
            {f"{site.address}/intercom/125": "For everything.", f"{site.address}/intercom/127": "Within a week."},
        ),
        "confluence": (
            {"site": host, "space": "65538"},
            {
                f"https://{host}/wiki/spaces/HELP/pages/98310/Warranty": "Two years.",
                f"https://{host}/wiki/spaces/HELP/pages/98311/Repairs": "Send it in.",
            },
        ),
        "notion": ({"site": host}, {f"{site.address}/notion": "From nine to six.\n\nClosed on Sunday."}),
        "gitbook": (
            {"site": host, "space": "space1", "address": "https://docs.example.com"},
            {"https://docs.example.com/start": "Begin here.", "https://docs.example.com/start/pay": "By card."},
        ),
    }
    expected: dict[str, str] = {}
    for name, (settings, texts) in wanted.items():
        rest = pb.RestOrigin(recipe=name, settings=settings)
        source = pb.Source(name=f"{NAME}-{name}", rest=rest, secret="secrets/source-site")
        assert (await run(sources, source)).counts.added == len(texts), name
        expected |= texts
        again = await sources.run(source.name)
        assert (again.counts.unchanged, again.state) == (len(texts), pb.Sync.STATE_DONE), name
    found = {uri: " ".join(text.split()) for uri, text in (await sources.texts()).items()}
    assert found == {uri: " ".join(text.split()) for uri, text in expected.items()}
    basic = asked["/wiki/api/v2/spaces/65538/pages?cursor=abc"]["authorization"]
    assert basic == "Basic YW5uQGV4YW1wbGUuY29tOnNlY3JldC13b3Jk"
    assert asked["/v1/search"]["authorization"] == "Bearer ann@example.com:secret-word"
