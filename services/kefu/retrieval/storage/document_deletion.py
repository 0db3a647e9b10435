"""Deletion of a document of what is live: with its history and its copies elsewhere, or with a history that stays."""

from kefu.common.errors import DocumentNotFound
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.storage.change_streams import ChangeId
from kefu.retrieval.storage.durable_writer import DurableWriter
from kefu.retrieval.storage.knowledge_store import KnowledgeStore
from kefu.retrieval.storage.version_store import VersionStore


async def delete_live_document(
    store: KnowledgeStore,
    writer: DurableWriter,
    live: CollectionKey,
    document: str,
    *,
    author: str = "",
    keep_history: bool = False,
) -> ChangeId:
    """Delete a document of the live version. Without `keep_history` nothing of it is left anywhere.

    That holds for a document, too, that is in the history or in other versions alone. Raises DocumentNotFound where it
    is nowhere.
    """
    if keep_history:
        return await store.delete_document(writer, live, document, author=author, keep_history=True)
    # What is live goes last: a caller that calls again after a failure finds the document, and the rest is done.
    found = await store.erase_history(writer, live, document)
    for version in (await VersionStore(store).read(live)).records:
        if live.at(version) != live:
            found = await store.erase_document(writer, live.at(version), document) or found
    try:
        return await store.delete_document(writer, live, document, author=author)
    except DocumentNotFound:
        if not found:
            raise
        return await store.changes.last(live)
