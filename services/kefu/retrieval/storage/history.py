"""
Histories of documents: earlier revisions, in a list for each document, the newest first.

The current revision is the document itself. When it is replaced, what it was goes into its list with the texts of its
passages, compressed, and without vectors.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kefu.common.errors import DocumentNotFound, RevisionNotFound
from kefu.common.redis.pipelines import Command, byte_fields, call, hash_of
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.storage.durable_writer import DurableWriter
from kefu.retrieval.storage.knowledge_reader import KnowledgeReader
from kefu.retrieval.storage.records import DocumentInfo, PassageText, RevisionMark

MAX_REVISIONS = 20
"""Revisions that a document has at most, the current one among them."""
KEPT_AFTER_DELETION_SECONDS = 30 * 86_400
"""How long the history of a deleted document is kept, where it is."""


@dataclass(frozen=True)
class Revision:
    """A content that a document had. Without `info` it was deleted."""

    mark: RevisionMark
    path: str
    title: str
    info: DocumentInfo | None = None
    texts: Mapping[str, PassageText] = field(default_factory=dict[str, PassageText])

    @classmethod
    def of(cls, info: DocumentInfo, texts: Mapping[str, PassageText]) -> "Revision":
        """The revision that a document is now."""
        mark = info.revision if info.revision.time else replace(info.revision, time=info.update_time)
        return cls(mark, info.path, info.title, info, texts)

    @property
    def text(self) -> str:
        """The passages with their headings, in their order, an empty line between."""
        if self.info is None:
            return ""
        present = [self.texts[each] for each in self.info.passages if each in self.texts]
        parts: list[str] = []
        above: tuple[str, ...] = ()
        for passage in present:
            if passage.headings and passage.headings != above:
                parts.append(" › ".join(passage.headings))
            above = passage.headings
            parts.append(passage.text)
        return "\n\n".join(parts)

    def dump(self) -> bytes:
        """As compressed JSON."""
        fields = None if self.info is None else self.info.fields()
        texts = {each: text.dump().decode() for each, text in self.texts.items()}
        parts = [self.mark.dump(), self.path, self.title, fields, texts]
        return zlib.compress(json.dumps(parts, ensure_ascii=False).encode())

    @classmethod
    def load(cls, value: bytes) -> "Revision":
        """Read what `dump` wrote."""
        mark, path, title, fields, texts = json.loads(zlib.decompress(value))
        info = None if fields is None else DocumentInfo.from_fields(fields)
        return cls(
            RevisionMark.load(mark),
            path,
            title,
            info,
            {each: PassageText.load(text.encode()) for each, text in texts.items()},
        )


class Histories:
    """Reads histories, and makes the commands that add to them. They belong into the transaction of the change."""

    def __init__(self, reader: KnowledgeReader) -> None:
        self._reader = reader

    async def revisions(self, key: CollectionKey, document: str) -> list[Revision]:
        """A document's revisions in the live version `key`, the newest first. Raises DocumentNotFound."""
        stored = await call(self._reader.client, "LRANGE", key.history(document), 0, -1)
        earlier = [Revision.load(each) for each in stored]
        infos, texts = await self._reader.texts(key, [document])
        current = [Revision.of(infos[document], texts[document])] if document in infos else []
        if not current and not earlier:
            raise DocumentNotFound(f"There is no document {document} in {key.collection}, and there was none.")
        return (current + earlier)[:MAX_REVISIONS]

    async def revision(self, key: CollectionKey, document: str, number: int) -> Revision:
        """One of them. Raises RevisionNotFound."""
        try:
            found = await self.revisions(key, document)
        except DocumentNotFound as error:
            raise RevisionNotFound(error.message) from None
        for each in found:
            if each.mark.number == number:
                return each
        raise RevisionNotFound(f"The document has no revision {number}, or it is no longer kept.")

    async def archiving(
        self, writer: DurableWriter, key: CollectionKey, document: str, deletion: RevisionMark | None = None
    ) -> tuple[list[Command], int]:
        """The commands that add to a document's history what it is now in `key`, and the number of the next revision.

        `deletion`: add that it was deleted, by whom and when; its number is set here. The caller watches the document
        and its history.
        """
        name = key.history(document)
        newest = await writer.command("LINDEX", name, 0)
        last = Revision.load(newest).mark.number if newest else 0
        fields = byte_fields(hash_of(await writer.command("HGETALL", key.document(document))))
        if not fields:
            return ([("PERSIST", name)] if newest else []), last + 1
        info = DocumentInfo.from_fields({each: value.decode() for each, value in fields.items()})
        rows = byte_fields(hash_of(await writer.command("HGETALL", key.passages(document))))
        revision = Revision.of(info, {each: PassageText.load(value) for each, value in rows.items()})
        number = max(revision.mark.number, last)
        entries: list[bytes] = []
        if revision.mark.number > last:
            entries.append(revision.dump())
        if deletion is not None:
            number += 1
            entries.append(Revision(replace(deletion, number=number), info.path, info.title).dump())
        commands: list[Command] = [("LPUSH", name, each) for each in entries]
        commands += [("LTRIM", name, 0, MAX_REVISIONS - 1), ("ZADD", key.histories, 0, document)]
        if deletion is None:
            commands.append(("PERSIST", name))
        else:
            commands.append(("EXPIRE", name, KEPT_AFTER_DELETION_SECONDS))
        return commands, number + 1


def forgetting(key: CollectionKey, document: str) -> list[Command]:
    """The commands that erase a document's history."""
    return [("DEL", key.history(document)), ("ZREM", key.histories, document)]
