"""Addresses of web pages: one form of each, and what belongs to a site."""

import hashlib
import re
from urllib.parse import unquote, urljoin, urlsplit

from w3lib.url import canonicalize_url, url_query_cleaner

MAX_CHARACTERS = 1_000
MAX_SAME_SEGMENTS = 3
"""An address in which one segment stands more often is one of a trap: /a/b/a/b/a/b."""
_TRACKING = [
    *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "gclid", "fbclid", "msclkid"),
    *("mc_cid", "mc_eid", "_ga", "_gl", "ref_src"),
]
_NOT_IN_PATHS = re.compile(r"[\x00-\x1f\x7f\\]")


def canonical(address: str, base: str = "") -> str:
    """An address in its one form: absolute, without fragment, tracking parameters and default port.

    Empty for what is no http(s) address, is too long, or repeats itself like the links of a trap.
    """
    try:
        whole = canonicalize_url(urljoin(base, address.strip()))
        parts = urlsplit(whole)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname or len(whole) > MAX_CHARACTERS:
        return ""
    if parts.username is not None or parts.password is not None:
        return ""
    segments = [each for each in parts.path.split("/") if each]
    if segments and max(segments.count(each) for each in set(segments)) > MAX_SAME_SEGMENTS:
        return ""
    if port == {"http": 80, "https": 443}[parts.scheme]:
        whole = parts._replace(netloc=parts.netloc.rpartition(":")[0]).geturl()
    return url_query_cleaner(whole, _TRACKING, remove=True, unique=False) if parts.query else whole


def host_of(address: str) -> str:
    """Host and port of an address, in lower case."""
    return urlsplit(address).netloc.lower()


def page_of(address: str) -> str:
    """An address without its query: pages of one calendar differ in that alone."""
    return address.partition("?")[0]


def folder_of(address: str) -> str:
    """The address up to its last slash."""
    return page_of(address).rpartition("/")[0] + "/"


def name_of(address: str) -> str:
    """A document's name for an address: host and path, readable; shortened by a hash where it is long or ambiguous."""
    parts = urlsplit(address)
    path = unquote(parts.path).strip("/")
    readable = _NOT_IN_PATHS.sub("_", f"{parts.netloc}/{path}" if path else parts.netloc)
    segments = [each for each in readable.split("/") if each not in ("", ".", "..")]
    name = "/".join(segments)
    if parts.query or len(name) > 300 or name != readable or parts.path.endswith("/") != (path == ""):
        # What is not told apart by host and path is by this; a slash at the end is another address, too.
        name = f"{name[:300]}~{hashlib.sha256(address.encode()).hexdigest()[:10]}"
    return name
