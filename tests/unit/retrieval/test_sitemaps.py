"""Sitemaps in the forms in which they are met, and what only claims to be one."""

import gzip
import subprocess
import sys

import pytest

from kefu.retrieval.documents.links import MAX_SITEMAP_BYTES, Links, LinksJob, read_links
from kefu.retrieval.documents.parsed_document import Unreadable
from tests.support.cpu_time import seconds
from tests.support.table import table

SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"
PAGES = ["https://shop.example/a?x=1&y=2", "https://shop.example/退货"]
XML = f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- made by a shop -->
<urlset xmlns="{SCHEMA}" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" xmlns:xhtml="http://www.w3.org/1999/xhtml">
  <url>
    <loc>
      https://shop.example/a?x=1&amp;y=2
    </loc>
    <lastmod>2026-11-01</lastmod>
    <image:image><image:loc>https://shop.example/a.png</image:loc></image:image>
    <xhtml:link rel="alternate" hreflang="zh" href="https://shop.example/zh/a"/>
  </url>
  <url><priority>0.5</priority></url>
  <url><loc><![CDATA[https://shop.example/退货]]></loc></url>
</urlset>
"""
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Shop</title><link>https://shop.example/</link>
<item><title>A</title><link>https://shop.example/a?x=1&amp;y=2</link></item>
<item><title>退货</title><link>https://shop.example/退货</link></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Shop</title><id>x</id><updated>2026-11-01T00:00:00Z</updated>
<entry><title>A</title><id>1</id><link href="https://shop.example/a?x=1&amp;y=2"/></entry>
<entry><title>退货</title><id>2</id><link rel="alternate" href="https://shop.example/退货"/></entry></feed>"""


def sitemap(data: bytes) -> Links:
    return read_links(LinksJob("sitemap"), data)


@table(
    "data",
    [
        XML.encode(),
        gzip.compress(XML.encode()),
        gzip.compress(XML[:200].encode()) + gzip.compress(XML[200:].encode()),
        b"\xef\xbb\xbf\n" + XML.encode(),
        XML.replace(f' xmlns="{SCHEMA}"', "").encode(),
        XML.replace("UTF-8", "GB18030").encode("gb18030"),
        ("\r\n".join(["", *PAGES, "not an address"])).encode(),
        RSS.encode(),
        ATOM.encode(),
    ],
)
def test_the_pages_are_read_in_each_form(data: bytes) -> None:
    assert sitemap(data) == Links(PAGES)


def test_sitemaps_within_a_sitemap_are_no_pages() -> None:
    index = f'<sitemapindex xmlns="{SCHEMA}"><sitemap><loc>https://shop.example/1.xml.gz</loc></sitemap></sitemapindex>'
    assert sitemap(index.encode()) == Links(sitemaps=["https://shop.example/1.xml.gz"])


@table(
    ("data", "expected"),
    [
        (b"", "no sitemap"),
        (b"Not found", "no sitemap"),
        (b"<!doctype html><html><body><p>Welcome</p></body></html>", "no sitemap"),
        (b"<url><loc>https://shop.example/a</loc></url>", "no sitemap"),
        (XML[: len(XML) // 2].encode(), "broken"),
        (XML.replace("&amp;", "&").encode(), "broken"),
        (gzip.compress(XML.encode())[:-20] + bytes(20), "broken"),
        (gzip.compress("\n".join(PAGES).encode())[:-9], "broken"),
        (gzip.compress(bytes(MAX_SITEMAP_BYTES + 1)), "unpacks to more"),
        (b"\x00\x01\x02<", "no sitemap"),
    ],
)
def test_what_is_none_or_breaks_off_is_refused_as_a_whole(data: bytes, expected: str) -> None:
    with pytest.raises(Unreadable, match=expected):
        sitemap(data)


def test_entities_are_neither_fetched_nor_unfolded() -> None:
    locations = "<url><loc>&file;</loc></url><url><loc>https://shop.example/a</loc></url>"
    read_file = f'<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/hostname">]><urlset>{locations}</urlset>'
    assert sitemap(read_file.encode()) == Links(["https://shop.example/a"])
    entities = '<!ENTITY a0 "x">' + "".join(f'<!ENTITY a{each} "{f"&a{each - 1};" * 10}">' for each in range(1, 10))
    with pytest.raises(Unreadable, match="broken"):
        sitemap(f"<!DOCTYPE x [{entities}]><urlset><url><loc>&a9;</loc></url></urlset>".encode())


@pytest.mark.parametrize("filling", ["<url><loc>https://shop.example/page</loc></url>", "<a/>", "<!---->"])
def test_what_is_large_takes_linear_time(filling: str) -> None:
    def read(bytes_: int) -> float:
        data = f"<urlset>{filling * (bytes_ // len(filling))}</urlset>".encode()
        assert len(sitemap(data).addresses) == data.count(b"<loc>")
        return seconds(lambda: sitemap(data), tries=2)

    assert read(MAX_SITEMAP_BYTES // 50) < 8 * read(MAX_SITEMAP_BYTES // 200)


def test_what_is_too_deep_is_refused() -> None:
    with pytest.raises(Unreadable, match="broken"):
        sitemap(b"<urlset>" + b"<url>" * 200_000)


def test_elements_that_are_no_pages_take_no_memory() -> None:
    script = (
        "import resource; from tests.unit.retrieval.test_sitemaps import sitemap\n"
        "most = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "data = b'<urlset><url>' + b'<a/>' * 2_500_000 + b'</url></urlset>'\n"
        "sitemap(b'<urlset/>'); before = most(); sitemap(data); print(most() - before)"
    )
    read = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=100, check=True)
    assert int(read.stdout) < 60, "MiB, of ten that are read"
