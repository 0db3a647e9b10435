"""
The copy of a version to a draft, made by Redis itself, in batches.

What changes in the source meanwhile is copied again, until nothing has. The copy is no draft before one transaction
says so: what a killed process leaves is found by its record, and deleted.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from kefu.common.errors import KnowledgeMoved
from kefu.common.redis.pipelines import Command, hset
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.domain.draft_changes import DICTIONARY, curated_thing, document_thing
from kefu.retrieval.domain.versions import Role
from kefu.retrieval.storage.change_streams import ChangeId
from kefu.retrieval.storage.durable_writer import Conflict, DurableWriter
from kefu.retrieval.storage.knowledge_store import ATTEMPTS, KnowledgeStore, document_keys
from kefu.retrieval.storage.marks import curated_marks, dictionary_marks, document_marks
from kefu.retrieval.storage.version_store import VersionStore

_BATCH = 100
"""Documents copied by one transaction: Redis answers nobody else meanwhile, which is some milliseconds."""


class DraftCopy:
    """Copies from a source, the live version, to a target, a draft."""

    def __init__(
        self, store: KnowledgeStore, writer: DurableWriter, source: CollectionKey, target: CollectionKey
    ) -> None:
        self._store = store
        self._writer = writer
        self._source = source
        self._target = target
        self._embedder = ""

    async def whole(self, incarnation: str, proceed: Callable[[], Awaitable[None]]) -> ChangeId:
        """Copy everything. Returns the source's change as of which the copy is. `proceed` is called between batches."""
        store, source, target = self._store, self._source, self._target
        info = await store.info(source)
        self._embedder = info.embedder
        as_of = await store.changes.last(source)
        fields = replace(info, incarnation=incarnation).fields() | {"role": Role.COPYING}
        await self._writer.transaction([hset(target.info, fields)])
        await self._documents(await store.document_ids(source), proceed)
        await self._curated(await store.curated_ids(source), proceed)
        await self._rest()
        return as_of

    async def changes(self, changes: Sequence[tuple[ChangeId, str, str]]) -> None:
        """Copy again what changed. Raises KnowledgeMoved for another embedder."""
        if any(kind == "embedder" for _, kind, _ in changes):
            raise KnowledgeMoved(f"{self._source.collection} is being embedded anew; call again when that is done.")

        async def go_on() -> None:
            return

        await self._documents(list(dict.fromkeys(what for _, kind, what in changes if kind == "document")), go_on)
        await self._curated(list(dict.fromkeys(what for _, kind, what in changes if kind == "curated")), go_on)
        await self._rest()

    async def _documents(self, ids: Sequence[str], proceed: Callable[[], Awaitable[None]]) -> None:
        for at in range(0, len(ids), _BATCH):
            part = ids[at : at + _BATCH]
            marks = await document_marks(self._store, self._source, part)
            commands: list[Command] = []
            for each in part:
                commands += self.document_commands(self._embedder, each, marks.get(document_thing(each)))
            await self._writer.transaction(commands)
            await proceed()

    async def _curated(self, ids: Sequence[str], proceed: Callable[[], Awaitable[None]]) -> None:
        for at in range(0, len(ids), _BATCH):
            part = ids[at : at + _BATCH]
            marks = await curated_marks(self._store, self._source, part)
            commands: list[Command] = []
            for each in part:
                commands += self.curated_commands(each, marks.get(curated_thing(each)))
            await self._writer.transaction(commands)
            await proceed()

    async def _rest(self) -> None:
        marks = await dictionary_marks(self._store, self._source)
        commands = self.dictionary_commands(marks.get(DICTIONARY))
        commands += _copy(self._source.calibration, self._target.calibration)
        await self._writer.transaction(commands)

    def document_commands(self, embedder: str, document: str, mark: str | None) -> list[Command]:
        """The commands that make a document as the source has it; without a mark the source has none."""
        source, target = self._source, self._target
        pairs = zip(document_keys(source, embedder, document), document_keys(target, embedder, document), strict=True)
        commands = [command for one, other in pairs for command in _copy(one, other)]
        commands.append(
            ("ZREM", target.documents, document) if mark is None else ("ZADD", target.documents, 0, document)
        )
        return [*commands, self._note(document_thing(document), mark)]

    def curated_commands(self, answer: str, mark: str | None) -> list[Command]:
        """As `document_commands`, for a curated answer."""
        commands = _copy(self._source.curated_answer(answer), self._target.curated_answer(answer))
        target = self._target.curated
        commands.append(("ZREM", target, answer) if mark is None else ("ZADD", target, 0, answer))
        return [*commands, self._note(curated_thing(answer), mark)]

    def dictionary_commands(self, mark: str | None) -> list[Command]:
        """As `document_commands`, for the dictionary."""
        return [*_copy(self._source.dictionary, self._target.dictionary), self._note(DICTIONARY, mark)]

    def _note(self, thing: str, mark: str | None) -> Command:
        name = self._target.copied_from
        return ("HDEL", name, thing) if mark is None else ("HSET", name, thing, mark)

    async def take(self, thing: str, embedder: str, *, keep_own: bool) -> None:
        """Bring a thing over from the source as it is now. `keep_own`: only note that the source's is known."""
        kind, _, ident = thing.partition(":")
        source, target = self._source, self._target
        for _ in range(ATTEMPTS):
            await self._writer.watch(target.info, source.info, source.live, source.changes)
            mark: str | None
            if kind == "d":
                mark = (await document_marks(self._store, source, [ident])).get(thing)
                commands = self.document_commands(embedder, ident, mark)
                change = self._store.changes.entry(target, "document", ident)
            elif kind == "c":
                mark = (await curated_marks(self._store, source, [ident])).get(thing)
                commands = self.curated_commands(ident, mark)
                change = self._store.changes.entry(target, "curated", ident)
            else:
                mark = (await dictionary_marks(self._store, source)).get(DICTIONARY)
                commands = self.dictionary_commands(mark)
                change = self._store.changes.entry(target, "dictionary", "")
            role = await self._writer.command("HGET", target.info, "role") or b""
            if role.decode() != Role.DRAFT or await self._writer.command("HGET", source.info, "role"):
                await self._writer.unwatch()
                raise KnowledgeMoved("The draft or what is live was replaced at this moment; call again.")
            try:
                await self._writer.transaction([self._note(thing, mark)] if keep_own else [*commands, change])
            except Conflict:
                continue
            return
        raise KnowledgeMoved(f"{source.collection} was changed at the same time again and again; call again.")


def _copy(source: str, target: str) -> list[Command]:
    return [("DEL", target), ("COPY", source, target)]


async def finished_copy(versions: VersionStore, copy: DraftCopy, source: CollectionKey, as_of: ChangeId) -> ChangeId:
    """Copy again until nothing has changed since; returns the source's change as of which the copy is now."""
    while True:
        changes = await versions.changed_since(source, as_of)
        if changes is None:
            raise KnowledgeMoved(f"{source.collection} changes faster than it can be copied; call again.")
        if not changes:
            return as_of
        await copy.changes(changes)
        as_of = changes[-1][0]
