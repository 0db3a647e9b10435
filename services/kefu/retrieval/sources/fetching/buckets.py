"""The objects of a bucket: S3's own calls, signed by MinIO's client and made by ours."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote, urlsplit

import lxml.html
from minio.credentials.credentials import Credentials
from minio.signer import sign_v4_s3

from kefu.common.outbound.guarded_http import HttpAnswer
from kefu.retrieval.sources.fetching.files import is_read
from kefu.retrieval.sources.fetching.findings import Failed, Found, Listing, SourceFailed, Take, Unchanged
from kefu.retrieval.sources.fetching.site import NotFetched, SiteFetcher
from kefu.retrieval.sources.source import Item, Limits, S3Origin

_NOTHING = hashlib.sha256(b"").hexdigest()
_MAX_LIST_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class _Object:
    key: str
    etag: str
    size: int


class BucketCollector:
    """Collects objects by their key. `secret`: "ACCESS_KEY:SECRET_KEY"; empty for a public bucket."""

    def __init__(self, origin: S3Origin, site: SiteFetcher, limits: Limits, secret: str) -> None:
        self._origin = origin
        self._site = site
        self._limits = limits
        access, _, key = secret.partition(":")
        self._credentials = Credentials(access, key) if secret else None

    async def collect(self, known: Mapping[str, Item], take: Take, *, trusting: bool) -> Listing:
        """See Collector."""
        async for one in self._objects():
            item = known.get(one.key)
            if trusting and item and item.key and item.etag == one.etag:
                await take(Unchanged(one.key))
                continue
            if one.size > self._limits.document_bytes:
                await take(Failed(one.key, "It is larger than the limits of the source allow."))
                continue
            try:
                answer = await self._get(f"/{quote(one.key)}", "")
            except NotFetched as error:
                await take(Failed(one.key, f"{error}."))
                continue
            if answer.status != 200:
                await take(Failed(one.key, f"It answered with status {answer.status}."))
                continue
            await take(Found(one.key, answer.body, one.key, etag=one.etag))
        return Listing(complete=True)

    async def _objects(self) -> AsyncIterator[_Object]:
        token = ""
        while True:
            asked = {"list-type": "2", "prefix": self._origin.prefix, "continuation-token": token}
            query = "&".join(f"{name}={quote(asked[name], safe='')}" for name in sorted(asked) if asked[name])
            try:
                answer = await self._get("", query, _MAX_LIST_BYTES)
            except NotFetched as error:
                raise SourceFailed(f"The bucket could not be listed: {error}.") from None
            if answer.status != 200:
                raise SourceFailed(f"The bucket could not be listed: it answered with status {answer.status}.")
            objects, token = _listed(answer.body)
            for one in objects:
                if is_read(one.key) and not one.key.startswith("/") and ".." not in one.key.split("/"):
                    yield one
            if not token:
                return

    async def _get(self, path: str, query: str, most_bytes: int = 0) -> HttpAnswer:
        base = self._origin.endpoint.rstrip("/")
        address = f"{base}/{self._origin.bucket}{path}" + (f"?{query}" if query else "")
        now = datetime.now(UTC)
        headers: dict[str, str | list[str] | tuple[str]] = {}
        if self._credentials:
            parts = urlsplit(address)
            headers = {
                "Host": parts.netloc,
                "x-amz-content-sha256": _NOTHING,
                "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
            }
            headers = sign_v4_s3(
                method="GET",
                url=parts,
                region=self._origin.region,
                headers=headers,
                credentials=self._credentials,
                content_sha256=_NOTHING,
                date=now,
            )
        sent = {name.lower(): str(value) for name, value in headers.items()}
        return await self._site.call("GET", address, headers=sent, most_bytes=most_bytes)


def _listed(data: bytes) -> tuple[list[_Object], str]:
    """The objects of one page, and what asks for the next one. Raises SourceFailed."""
    etree = cast("Any", lxml.html).etree
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        raise SourceFailed("What came in place of the bucket's list is none.") from None
    objects: list[_Object] = []
    for each in root.iterfind("{*}Contents"):
        size = str(each.findtext("{*}Size") or "0")
        if not size.isdecimal() or len(size) > 18:
            raise SourceFailed("The bucket's list gives an object a size that is no number.")
        key, etag = (str(each.findtext(f"{{*}}{name}") or "") for name in ("Key", "ETag"))
        objects.append(_Object(key, etag, int(size)))
    return objects, str(root.findtext("{*}NextContinuationToken") or "")
