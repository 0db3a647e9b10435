"""Access to collections: a caller may use those of its tenant, or of these the ones that its key names."""

from kefu.common.auth import caller
from kefu.common.errors import CollectionNotFound
from kefu.common.resource_names import parse_name
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.storage.knowledge_store import KnowledgeStore


def own_collection(collection: str) -> CollectionKey:
    """A collection of the caller. One that the key may not use raises CollectionNotFound, like a missing one."""
    principal = caller()
    if principal.collections is not None and collection not in principal.collections:
        raise CollectionNotFound(f"There is no collection {collection}.")
    return CollectionKey(principal.tenant, collection)


def named_collection(name: str, field: str) -> CollectionKey:
    """The collection that a request names in `field`. Raises BadRequest for another kind of name."""
    (collection,) = parse_name(field, name, "collections")
    return own_collection(collection)


def named_child(name: str, field: str, kind: str) -> tuple[CollectionKey, str]:
    """The collection and the child's id that a request names in `field`, such as a document. Raises BadRequest."""
    collection, child = parse_name(field, name, "collections", kind)
    return own_collection(collection), child


async def own_collections(store: KnowledgeStore) -> list[CollectionKey]:
    """All collections that the caller may use, by id."""
    principal = caller()
    ids = await store.collections_of(principal.tenant)
    return [own_collection(each) for each in ids if principal.collections is None or each in principal.collections]
