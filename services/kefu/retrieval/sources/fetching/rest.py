"""The documents of a system that answers in JSON, as a recipe describes it."""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

from kefu.common.outbound.guarded_http import HttpAnswer
from kefu.common.outbound.jmespath_search import NoSuchForm, searched
from kefu.retrieval.sources.fetching.findings import (
    Failed,
    Finding,
    Found,
    Listing,
    Missing,
    SourceFailed,
    Take,
    Unchanged,
)
from kefu.retrieval.sources.fetching.parallel import in_parallel
from kefu.retrieval.sources.fetching.politeness import AT_ONCE
from kefu.retrieval.sources.fetching.recipe import recipe_of
from kefu.retrieval.sources.fetching.site import NotFetched, SiteFetcher
from kefu.retrieval.sources.source import Item, Limits, RestOrigin

_MAX_BYTES = 16 * 1024 * 1024
_MAX_PAGES = 1_000
_MEDIA_TYPES = {"html": "text/html; charset=utf-8", "markdown": "text/markdown", "text": "text/plain"}


class RestCollector:
    """Collects documents by the id that they have there."""

    def __init__(self, origin: RestOrigin, site: SiteFetcher, limits: Limits, secret: str) -> None:
        self._recipe = recipe_of(origin)
        self._site = site
        self._limits = limits
        self._settings = dict(origin.settings)
        secrets = {"secret": secret, "secret_base64": base64.b64encode(secret.encode()).decode()}
        self._headers = {"accept": "application/json"}
        for name, text in (self._recipe.headers or {}).items():
            if secret or not any(f"{{{each}}}" in text for each in secrets):
                self._headers[name.lower()] = self._recipe.filled(text, {**self._settings, **secrets})
        self._first = self._recipe.filled(self._recipe.list.url, self._settings)

    async def collect(self, known: Mapping[str, Item], take: Take, *, trusting: bool) -> Listing:
        """See Collector."""
        entries = dict[str, Any]()
        async for entry in self._entries():
            if ident := self._text(self._recipe.document.id, entry):
                entries[ident] = entry
            if len(entries) > self._limits.documents:
                raise SourceFailed(f"There are more than {self._limits.documents} documents; raise the limit.")

        async def read(ident: str) -> None:
            item = known.get(ident) if trusting else None
            await take(await self._document(ident, entries[ident], item))

        await in_parallel(entries, read, AT_ONCE)
        return Listing(complete=True)

    async def _entries(self) -> AsyncIterator[Any]:
        recipe, address, body = self._recipe.list, self._first, self._recipe.list.body
        seen = {(address, body)}
        for page in range(1, _MAX_PAGES + 1):
            document = await self._json(recipe.method, address, body)
            if document is None:
                raise SourceFailed(f"The list {address} is not there (404).")
            found: Any = self._search(recipe.items, document)
            entries: list[Any] = cast("list[Any]", found) if isinstance(found, list) else []
            waiting = list(reversed(entries))
            while waiting:
                entry = waiting.pop()
                yield entry
                if recipe.children:
                    within: Any = self._search(recipe.children, entry)
                    waiting += reversed(cast("list[Any]", within) if isinstance(within, list) else [])
            address, body = self._next(document, address, body, page, bool(entries))
            if not address:
                return
            if (address, body) in seen:
                raise SourceFailed("The list's pages go round in a circle; look at the recipe.")
            seen.add((address, body))
        raise SourceFailed(f"The list has more than {_MAX_PAGES} pages.")

    def _next(self, document: Any, address: str, body: str, page: int, any_entries: bool) -> tuple[str, str]:
        """Address and body of the call for the next page; an empty address after the last one."""
        recipe = self._recipe.list
        if recipe.next:
            following = self._text(recipe.next, document)
            following = urljoin(address, following) if following else ""
            if following and urlsplit(following)[:2] != urlsplit(self._first)[:2]:  # scheme and host
                raise SourceFailed("The list's next page is on another host, to which the secret is not sent.")
            return following, body
        if recipe.cursor:
            cursor = self._text(recipe.cursor, document)
            if not cursor:
                return "", ""
            if recipe.method == "POST":
                return address, json.dumps({**json.loads(body or "{}"), recipe.cursor_parameter: cursor})
            return _with_parameter(address, recipe.cursor_parameter, cursor), body
        if recipe.page_parameter:
            pages = self._text(recipe.pages, document) if recipe.pages else ""
            more = page < int(pages) if pages.isdecimal() and len(pages) < 9 else any_entries and not recipe.pages
            return (_with_parameter(address, recipe.page_parameter, str(page + 1)), body) if more else ("", "")
        return "", ""

    async def _document(self, ident: str, entry: Any, item: Item | None) -> Finding:
        fields = self._recipe.document
        updated = self._text(fields.updated, entry)[:200] if fields.updated else ""
        if item and item.key and updated and item.modified == updated:
            return Unchanged(ident)
        try:
            if self._recipe.detail is None:
                body = self._body(entry)
            else:
                parts = await self._details(ident)
                if parts is None:
                    return Missing(ident, "It answered with status 404.")
                body = "\n\n".join(filter(None, parts))
        except (SourceFailed, NotFetched) as error:
            return Failed(ident, f"{str(error).rstrip('.')}.")
        if not body.strip():
            return Failed(ident, "It holds no text, by its recipe.")
        address = self._text(fields.address, entry) if fields.address else ""
        if address and fields.address_prefix and not address.startswith(("https://", "http://")):
            prefix = self._recipe.filled(fields.address_prefix, self._settings)
            address = f"{prefix.rstrip('/')}/{address.lstrip('/')}"
        title = self._text(fields.title, entry)
        media_type = _MEDIA_TYPES[fields.format]
        name = quote(ident, safe="")[:300]
        return Found(ident, body.encode(), name, media_type, title, address[:1000], modified=updated)

    async def _details(self, ident: str) -> list[str] | None:
        """The texts of a document, of all its pages; None where it is not there."""
        detail = self._recipe.detail
        assert detail is not None  # noqa: S101 - asked for by the caller
        first = self._recipe.filled(detail.url, {**self._settings, "id": quote(ident, safe="")})
        address, parts, cursors = first, list[str](), set[str]()
        while True:
            document = await self._json("GET", address, "")
            if document is None:
                return None
            parts.append(self._body(document))
            cursor = self._text(detail.cursor, document) if detail.cursor else ""
            if not cursor or cursor in cursors or len(cursors) == _MAX_PAGES:
                return parts
            cursors.add(cursor)
            address = _with_parameter(first, detail.cursor_parameter, cursor)

    def _body(self, document: Any) -> str:
        found: Any = self._search(self._recipe.document.body, document)
        if isinstance(found, list):
            return "\n\n".join(each for each in cast("list[Any]", found) if isinstance(each, str) and each)
        return found if isinstance(found, str) else ""

    async def _json(self, method: str, address: str, body: str) -> Any:
        """The JSON at an address; None where nothing is there. Raises SourceFailed."""
        headers = {**self._headers, **({"content-type": "application/json"} if body else {})}
        try:
            answer: HttpAnswer = await self._site.call(
                method, address, headers=headers, body=body.encode(), most_bytes=_MAX_BYTES
            )
        except NotFetched as error:
            raise SourceFailed(f"{urlsplit(address).netloc} did not answer: {error}.") from None
        if answer.status in (404, 410):
            return None
        if answer.status in (401, 403):
            raise SourceFailed(f"{urlsplit(address).netloc} refused (status {answer.status}); look at the secret.")
        if answer.status != 200:
            raise SourceFailed(f"{urlsplit(address).netloc} answered with status {answer.status}.")
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise SourceFailed(f"{urlsplit(address).netloc} answered with something else than JSON.") from None

    def _search(self, expression: str, document: Any) -> Any:
        try:
            return searched(expression, document)
        except NoSuchForm:
            raise SourceFailed(
                f"The answer is of another form than {expression} expects, or too much would be made of it."
            ) from None

    def _text(self, expression: str, document: Any) -> str:
        found: Any = self._search(expression, document)
        return "" if found is None or isinstance(found, (dict, list, bool)) else str(found)


def _with_parameter(address: str, name: str, value: str) -> str:
    parts = urlsplit(address)
    pairs = [(each, text) for each, text in parse_qsl(parts.query, keep_blank_values=True) if each != name]
    return parts._replace(query=urlencode([*pairs, (name, value)])).geturl()
