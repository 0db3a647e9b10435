"""Short and full resource names: people type "help" for "collections/help"."""

from kefu.cli.console import CommandFailed


def short(name: str) -> str:
    """The last id in a resource name."""
    return name.rpartition("/")[2]


def draft_name(collection: str, draft: str) -> str:
    """The resource name of a draft of a collection, from its id or its name; empty for none."""
    return draft if "/" in draft or not draft else f"{full('collections', collection)}/drafts/{draft}"


def draft_of(collection: str, draft: str) -> str:
    """As `draft_name`, where the collection may not be named. Raises CommandFailed for an id without one."""
    if draft and "/" not in draft and not collection:
        raise CommandFailed("Name the draft in full, collections/COLLECTION/drafts/DRAFT, or its --collection as well.")
    return draft_name(collection, draft)


def full(kind: str, name: str) -> str:
    """The resource name of a name or of an id alone: `full("sessions", "s1")` is "sessions/s1"."""
    return name if name.startswith(f"{kind}/") else f"{kind}/{name}"
