"""Marks: short texts that tell whether documents, curated answers and the dictionary of two versions are the same."""

import hashlib
from collections.abc import Sequence

from kefu.common.redis.pipelines import call, pipeline, text_fields
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.domain.draft_changes import DICTIONARY, curated_thing, document_thing
from kefu.retrieval.storage.knowledge_reader import KnowledgeReader

_BATCH = 1_000
_CURATED_FIELDS = ("questions", "answer", "language", "valid_from", "valid_until", "priority", "audience")


async def marks_of(reader: KnowledgeReader, key: CollectionKey) -> dict[str, str]:
    """The marks of all that a version holds."""
    documents = await reader.document_ids(key)
    curated = await reader.curated_ids(key)
    return {
        **await document_marks(reader, key, documents),
        **await curated_marks(reader, key, curated),
        **await dictionary_marks(reader, key),
    }


async def copied_marks(reader: KnowledgeReader, draft: CollectionKey) -> dict[str, str]:
    """The marks of what a draft was copied from."""
    return text_fields(await call(reader.client, "HGETALL", draft.copied_from))


async def document_marks(reader: KnowledgeReader, key: CollectionKey, ids: Sequence[str]) -> dict[str, str]:
    """The marks of those documents that exist: what an import compares, too."""
    found: dict[str, str] = {}
    for at in range(0, len(ids), _BATCH):
        part = ids[at : at + _BATCH]
        keys = await pipeline(reader.client, [("HGET", key.document(each), "import_key") for each in part])
        found |= {document_thing(each): one.decode() for each, one in zip(part, keys, strict=True) if one is not None}
    return found


async def curated_marks(reader: KnowledgeReader, key: CollectionKey, ids: Sequence[str]) -> dict[str, str]:
    """The marks of those curated answers that exist."""
    found: dict[str, str] = {}
    for at in range(0, len(ids), _BATCH):
        part = ids[at : at + _BATCH]
        rows = await pipeline(reader.client, [("HMGET", key.curated_answer(each), *_CURATED_FIELDS) for each in part])
        for each, values in zip(part, rows, strict=True):
            if values[0] is not None:
                found[curated_thing(each)] = _digest(b"\x00".join(value or b"" for value in values))
    return found


async def dictionary_marks(reader: KnowledgeReader, key: CollectionKey) -> dict[str, str]:
    """The mark of the dictionary; none where it is empty."""
    text = (await reader.dictionary(key)).text
    return {DICTIONARY: _digest(text.encode())} if text else {}


def _digest(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()[:20]
