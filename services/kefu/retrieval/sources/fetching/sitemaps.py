"""The pages that a sitemap lists, and those of the sitemaps that it lists."""

import asyncio
import codecs
import gzip
import io
import zlib
from collections.abc import Mapping
from typing import Any, cast

import lxml.html

from kefu.retrieval.sources.fetching.addresses import canonical, host_of
from kefu.retrieval.sources.fetching.feeds import parse_feed
from kefu.retrieval.sources.fetching.findings import Listing, Missing, SourceFailed, Take
from kefu.retrieval.sources.fetching.pages import PageReader, first_address, within_hosts
from kefu.retrieval.sources.fetching.parallel import in_parallel
from kefu.retrieval.sources.fetching.politeness import AT_ONCE
from kefu.retrieval.sources.fetching.site import LeftTheSite, NotFetched, SiteFetcher
from kefu.retrieval.sources.source import Item, Limits, SitemapOrigin

MAX_SITEMAPS = 200
MAX_DEPTH = 3
"""Sitemaps within sitemaps."""
MAX_BYTES = 50 * 1024 * 1024
"""A sitemap's bytes, unpacked: what the protocol allows."""
_IS_NONE = "What came in place of the sitemap is none."


class SitemapCollector:
    """Collects the pages of a sitemap."""

    def __init__(self, origin: SitemapOrigin, site: SiteFetcher, limits: Limits) -> None:
        self._address = first_address(origin.address)
        self._within = within_hosts({host_of(self._address), *(each.lower() for each in origin.hosts)})
        self._site = site
        self._limits = limits
        self._skipped = 0

    async def collect(self, known: Mapping[str, Item], take: Take, *, trusting: bool) -> Listing:
        """See Collector."""
        listed = await self._listed()
        pages = PageReader(self._site, self._within, known, set())
        unlisted = [address for address in known if address not in listed]

        async def read_unlisted(address: str) -> None:
            found = await pages.read(address, known[address], trusting=trusting)
            if found is None or (found.address == address and not isinstance(found, Missing)):
                found = Missing(address, "The sitemap lists it no longer.")
            await take(found)

        async def read_listed(address: str) -> None:
            if address in pages.done:
                return  # a page that moved here was found already
            found = await pages.read(address, known.get(address), trusting=trusting)
            if found is not None:
                await take(found)

        await in_parallel(unlisted, read_unlisted, AT_ONCE)
        await in_parallel(listed, read_listed, AT_ONCE)
        notes = (f"{self._skipped} addresses on other hosts were left out.",) if self._skipped else ()
        return Listing(complete=True, notes=notes)

    async def _listed(self) -> dict[str, None]:
        """The addresses of pages, each once, in order. Raises SourceFailed where one of the sitemaps does not come."""
        listed = dict[str, None]()
        waiting, seen = [(self._address, 0)], {self._address}
        while waiting:
            address, depth = waiting.pop(0)
            pages, sitemaps = await asyncio.to_thread(parse_sitemap, await self._fetch(address))
            for page in pages:
                if (found := canonical(page, address)) and self._within(found):
                    listed[found] = None
                else:
                    self._skipped += 1
                if len(listed) > self._limits.documents:
                    raise SourceFailed(f"The sitemap lists more than {self._limits.documents} pages; raise the limit.")
            for each in sitemaps:
                found = canonical(each, address)
                if not found or not self._within(found) or found in seen:
                    continue
                if depth == MAX_DEPTH or len(seen) == MAX_SITEMAPS:
                    raise SourceFailed(
                        f"There are more than {MAX_SITEMAPS} sitemaps within this one, or they lie more than "
                        f"{MAX_DEPTH} deep; name one of those within."
                    )
                seen.add(found)
                waiting.append((found, depth + 1))
        if not listed:
            raise SourceFailed("The sitemap lists no page of its host.")
        return listed

    async def _fetch(self, address: str) -> bytes:
        try:
            page = await self._site.get(address, self._within, most_bytes=MAX_BYTES)
        except NotFetched as error:
            raise SourceFailed(f"The sitemap {address} did not come: {error}.") from None
        except LeftTheSite as error:
            raise SourceFailed(f"The sitemap {address} leads to {error.target}, outside of the source.") from None
        if page.status != 200:
            raise SourceFailed(f"The sitemap {address} answered with status {page.status}.")
        return page.body


def parse_sitemap(data: bytes) -> tuple[list[str], list[str]]:
    """The pages and the sitemaps that a sitemap lists, packed or not. Raises SourceFailed.

    In XML as sitemaps.org has it, as a text of addresses, or as a feed. One in XML or packed that breaks off is refused
    as a whole: what it does not list any more would be taken for gone.
    """
    if data[:2] == b"\x1f\x8b":
        data = _unpacked(data)
    data = data.removeprefix(codecs.BOM_UTF8).lstrip()
    if data[:1] == b"<":
        return _listed_in_xml(data)
    lines = (line.strip() for line in data.decode("utf-8", "replace").splitlines())
    pages = [line for line in lines if line.startswith(("http://", "https://"))]
    if not pages:
        raise SourceFailed(_IS_NONE)
    return pages, []


def _listed_in_xml(data: bytes) -> tuple[list[str], list[str]]:
    etree = cast("Any", lxml.html).etree
    options = {"resolve_entities": False, "no_network": True, "huge_tree": False}
    read = etree.iterparse(io.BytesIO(data), remove_comments=True, remove_pis=True, **options)
    listed: dict[str, list[str]] = {"url": [], "sitemap": []}
    try:
        for _, each in read:
            parent = each.getparent()
            if parent is None:
                continue  # the root, at the end
            if _name(each) == "loc" and (within := listed.get(_name(parent))) is not None:
                within.append(str(each.text or "").strip())
            each.clear()
            while each.getprevious() is not None:
                del parent[0]  # or the elements, empty as they are, would be held until the end
    except etree.XMLSyntaxError as error:
        raise SourceFailed(f"What came in place of the sitemap is none, or is broken: {error}.") from None
    kind = _name(read.root)
    if kind in ("rss", "feed", "RDF"):
        return list(parse_feed(data)), []
    if kind not in ("urlset", "sitemapindex"):
        raise SourceFailed(_IS_NONE)
    return list(filter(None, listed["url"])), list(filter(None, listed["sitemap"]))


def _name(element: Any) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _unpacked(data: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as packed:
            unpacked = packed.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise SourceFailed("The sitemap is packed, and broken.") from None
    if len(unpacked) > MAX_BYTES:
        raise SourceFailed(f"A sitemap unpacks to more than {MAX_BYTES} bytes.")
    return unpacked
