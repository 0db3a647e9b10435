"""The entries of an RSS or Atom feed: their pages, or the text that the feed itself gives."""

from collections.abc import Mapping

from kefu.retrieval.documents.links import MAX_FEED_BYTES
from kefu.retrieval.sources.fetching.addresses import canonical, host_of, name_of
from kefu.retrieval.sources.fetching.findings import Found, Listing, SourceFailed, Take
from kefu.retrieval.sources.fetching.links_reader import LinksReader
from kefu.retrieval.sources.fetching.pages import PageReader, first_address
from kefu.retrieval.sources.fetching.parallel import in_parallel
from kefu.retrieval.sources.fetching.politeness import AT_ONCE
from kefu.retrieval.sources.fetching.site import LeftTheSite, NotFetched, SiteFetcher
from kefu.retrieval.sources.source import FeedOrigin, Item


class FeedCollector:
    """Collects what a feed lists. What it lists no longer is looked at, and stays until its page is gone."""

    def __init__(self, origin: FeedOrigin, site: SiteFetcher, links: LinksReader) -> None:
        self._origin = origin
        self._address = first_address(origin.address)
        self._site = site
        self._links = links

    async def collect(self, known: Mapping[str, Item], take: Take, *, trusting: bool) -> Listing:
        """See Collector."""
        entries = await self._entries()
        if self._origin.entry_text:
            for address, (title, text) in entries.items():
                if text:
                    await take(Found(address, text.encode(), name_of(address), "text/html", title, uri=address))
            return Listing(complete=False)
        hosts = {host_of(self._address), *map(host_of, entries)}
        pages = PageReader(self._site, lambda address: host_of(address) in hosts, known, set())

        async def read(address: str) -> None:
            if address not in pages.done and (
                found := await pages.read(address, known.get(address), trusting=trusting)
            ):
                await take(found)

        await in_parallel(dict.fromkeys((*known, *entries)), read, AT_ONCE)
        return Listing(complete=False)

    async def _entries(self) -> dict[str, tuple[str, str]]:
        """Title and text of each entry, by address. Raises SourceFailed."""
        try:
            page = await self._site.get(self._address, self._is_own_host, most_bytes=MAX_FEED_BYTES)
        except NotFetched as error:
            raise SourceFailed(f"The feed did not come: {error}.") from None
        except LeftTheSite as error:
            raise SourceFailed(f"The feed leads to {error.target}, on another host; name that one.") from None
        if page.status != 200:
            raise SourceFailed(f"The feed answered with status {page.status}.")
        found = await self._links.read("feed", page.body, self._address)
        return {address: entry for link, entry in found.entries.items() if (address := canonical(link, self._address))}

    def _is_own_host(self, address: str) -> bool:
        return host_of(address) == host_of(self._address)
