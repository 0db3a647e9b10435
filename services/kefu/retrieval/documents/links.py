"""What lists addresses: feeds, sitemaps, and pages with links.

Strangers write them, so that they are read in a conversion process.
"""

import codecs
import gzip
import io
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import lxml.html

from kefu.retrieval.documents.parsed_document import Unreadable

MAX_FEED_BYTES = 8 * 1024 * 1024
MAX_SITEMAP_BYTES = 50 * 1024 * 1024
"""A sitemap's bytes, unpacked: what the protocol allows."""
MAX_LINKS = 2_000
"""Links of one page that are followed."""


@dataclass(frozen=True)
class LinksJob:
    """A file whose links are to be read."""

    links_of: Literal["feed", "sitemap", "page"]


@dataclass(frozen=True)
class Links:
    """What a file leads to: addresses as they stand there, in order."""

    addresses: list[str] = field(default_factory=list[str])
    sitemaps: list[str] = field(default_factory=list[str])
    """Of a sitemap: further ones, and none among the addresses."""
    entries: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """Of a feed: title and text of what stands at an address."""
    base: str = ""
    """Of a page: the address that its links start from, where it names one."""


def read_links(job: LinksJob, data: bytes) -> Links:
    """The links of a file. Raises Unreadable."""
    return _READERS[job.links_of](data)


def _of_feed(data: bytes) -> Links:
    import feedparser  # a tenth of a second, for feeds alone

    if len(data) > MAX_FEED_BYTES:
        raise Unreadable("TOO_LARGE", f"It has more than {MAX_FEED_BYTES} bytes.")
    parse: Any = feedparser.parse  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    # Texts go through our own reader of HTML: cleaning them here would take quadratic time.
    parsed = parse(data, sanitize_html=False, resolve_relative_uris=False)
    if not parsed.version:
        raise Unreadable("BROKEN_FILE", "What came is no feed.")
    entries = dict[str, tuple[str, str]]()
    for entry in parsed.entries:
        if link := str(entry.get("link") or ""):
            contents: Any = entry.get("content") or ({},)
            entries[link] = (str(entry.get("title") or ""), str(contents[0].get("value") or entry.get("summary") or ""))
    return Links(list(entries), entries=entries)


def _of_sitemap(data: bytes) -> Links:
    """In XML as sitemaps.org has it, as a text of addresses, or as a feed; packed or not. One in XML or packed that
    breaks off is refused as a whole: what it does not list any more would be taken for gone.
    """
    if data[:2] == b"\x1f\x8b":
        data = _unpacked(data)
    data = data.removeprefix(codecs.BOM_UTF8).lstrip()
    if data[:1] == b"<":
        return _listed_in_xml(data)
    lines = (line.strip() for line in data.decode("utf-8", "replace").splitlines())
    pages = [line for line in lines if line.startswith(("http://", "https://"))]
    if not pages:
        raise _no_sitemap()
    return Links(pages)


def _listed_in_xml(data: bytes) -> Links:
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
        raise Unreadable("BROKEN_FILE", f"What came is no sitemap, or is broken: {error}.") from None
    kind = _name(read.root)
    if kind in ("rss", "feed", "RDF"):
        return Links(_of_feed(data).addresses)
    if kind not in ("urlset", "sitemapindex"):
        raise _no_sitemap()
    return Links(list(filter(None, listed["url"])), list(filter(None, listed["sitemap"])))


def _no_sitemap() -> Unreadable:
    return Unreadable("BROKEN_FILE", "What came is no sitemap.")


def _name(element: Any) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _unpacked(data: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as packed:
            unpacked = packed.read(MAX_SITEMAP_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise Unreadable("BROKEN_FILE", "The sitemap is packed, and broken.") from None
    if len(unpacked) > MAX_SITEMAP_BYTES:
        raise Unreadable("TOO_LARGE", f"It unpacks to more than {MAX_SITEMAP_BYTES} bytes.")
    return unpacked


def _of_page(data: bytes) -> Links:
    html = cast("Any", lxml.html)
    try:
        tree = html.document_fromstring(data)
    except (html.etree.LxmlError, ValueError, AssertionError):
        return Links()
    found = dict[str, None]()
    stated = tree.find(".//base[@href]")
    for link in tree.iter("a", "area"):
        if href := link.get("href"):
            found[str(href)] = None
        if len(found) == MAX_LINKS:
            break
    return Links(list(found), base=str(stated.get("href") or "") if stated is not None else "")


_READERS: Mapping[str, Callable[[bytes], Links]] = {"feed": _of_feed, "sitemap": _of_sitemap, "page": _of_page}
