"""The links of what a source fetched, read where strangers' documents are."""

from collections.abc import Awaitable, Callable
from typing import Literal

from kefu.retrieval.documents.links import Links, LinksJob
from kefu.retrieval.documents.parsed_document import Unreadable
from kefu.retrieval.sources.fetching.findings import SourceFailed


class LinksReader:
    """Reads links with what reads them apart from this process, such as ConversionPool.links."""

    def __init__(self, read: Callable[[LinksJob, bytes], Awaitable[Links]]) -> None:
        self._read = read

    async def read(self, links_of: Literal["feed", "sitemap", "page"], data: bytes, address: str) -> Links:
        """The links of what came from an address. Raises SourceFailed; a page that cannot be read has none."""
        try:
            return await self._read(LinksJob(links_of), data)
        except Unreadable as error:
            if links_of == "page":
                return Links()
            raise SourceFailed(f"The {links_of} {address} was not read: {error.message}") from None
