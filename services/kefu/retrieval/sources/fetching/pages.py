"""Web pages as findings: one page fetched, and told as found, unchanged, missing, failed or forbidden."""

import asyncio
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass

from kefu.retrieval.sources.fetching.addresses import canonical, host_of, name_of
from kefu.retrieval.sources.fetching.findings import Failed, Finding, Forbidden, Found, Missing, Unchanged
from kefu.retrieval.sources.fetching.site import LeftTheSite, NotFetched, SiteFetcher
from kefu.retrieval.sources.source import Item

_GONE = {404: 1, 410: 2}
_MERGED = 1_000
"""Weight of a page that has moved for good to one that is there: more than any number of runs to wait for."""
READ_TYPES = ("text/", "application/xhtml+xml", "application/pdf", "application/vnd.openxmlformats", "application/json")


@dataclass(frozen=True)
class PageReader:
    """Reads the pages of one run."""

    site: SiteFetcher
    within: Callable[[str], bool]
    """Whether an address belongs to the source."""
    known: Mapping[str, Item]
    done: set[str]
    """Addresses that were found in this run; what is found is added."""

    async def read(self, address: str, item: Item | None, *, trusting: bool, optional: bool = False) -> Finding | None:
        """What became of a page. None: `optional`, and it is nothing that can be read, such as a picture."""
        robots = await self.site.robots(address)
        if robots.unreachable:
            return Failed(address, "robots.txt of its host did not come, so that nothing of it is fetched.")
        if not await asyncio.to_thread(robots.allows, address):  # 25,000 rules take a tenth of a second
            return Forbidden(address)
        known = item if trusting and item and item.key else None
        try:
            page = await self.site.get(
                address,
                self.within,
                etag=known.etag if known else "",
                modified=known.modified if known else "",
            )
        except LeftTheSite as error:
            return Missing(address, f"It leads to {error.target}, outside of the source.", redirected_to=error.target)
        except NotFetched as error:
            return Failed(address, f"{error}.")
        if page.status == 304 and known:
            return Unchanged(address)
        if page.status in _GONE:
            return Missing(address, f"It answered with status {page.status}.", _GONE[page.status])
        if page.status != 200:
            return Failed(address, f"It answered with status {page.status}.")
        media_type = page.headers.get("content-type", "text/html")
        if not media_type.lower().startswith(READ_TYPES):
            kind = media_type.partition(";")[0][:60]
            return None if optional else Failed(address, f"It is {kind}, which is not read.")
        return self._found(address, item, page.address, page.moved_for_good, page.headers, page.body, media_type)

    def _found(
        self,
        address: str,
        item: Item | None,
        arrived: str,
        for_good: bool,
        headers: Mapping[str, str],
        body: bytes,
        media_type: str,
    ) -> Finding:
        moved = arrived != address
        if moved and (arrived in self.known or arrived in self.done):
            weight = _MERGED if for_good else 1
            return Missing(address, f"It leads to {arrived}, which is a document of its own.", weight, arrived)
        # Only what moved for good is known by its new address; else it comes back to its old one.
        kept = arrived if moved and for_good else address
        self.done.add(kept)
        return Found(
            kept,
            body,
            name_of(kept),
            media_type,
            uri=kept,
            etag=headers.get("etag", "")[:500],
            modified=headers.get("last-modified", "")[:100],
            moved_from=address if kept != address and item is not None else "",
        )


def within_hosts(hosts: Container[str]) -> Callable[[str], bool]:
    """Whether an address lies on one of some hosts."""
    return lambda address: host_of(address) in hosts


def first_address(address: str) -> str:
    """A source's own address in its one form; it was checked when the source was stored."""
    return canonical(address) or address
