"""The check that a new key is no stronger than the key that makes it."""

from kefu.common.auth import Principal, Priority
from kefu.common.errors import KeyTooStrong
from kefu.common.permissions import Scope, expanded
from kefu.router.tenants.tenant_store import administers_all

_RANK = {Priority.BATCH: 0, Priority.INTERACTIVE: 1, Priority.URGENT: 2}


def check_not_stronger(
    giver: Principal,
    *,
    scopes: frozenset[Scope],
    collections: frozenset[str] | None,
    priority: Priority,
    expire_time: float | None,
) -> None:
    """Raise KeyTooStrong when a key with these properties could do what `giver` cannot.

    Args:
        giver: the caller that makes the key. One that rules every tenant may give every priority.
        scopes: the new key's; OPERATOR stands for three of them.
        collections: ids of the collections that the new key may search; None: all of its tenant's.
        priority: the new key's.
        expire_time: seconds since the epoch; None: the new key never ends.
    """
    if lacking := expanded(scopes) - {Scope.OPERATOR} - giver.scopes:
        names = ", ".join(sorted(lacking))
        raise _too_strong("scopes", names, f"Your key lacks the scope {names}, and cannot give it to another.")
    if giver.collections is not None and (collections is None or not collections <= giver.collections):
        own = ", ".join(f"collections/{name}" for name in sorted(giver.collections)) or "none"
        wanted = ", ".join(sorted(collections - giver.collections)) if collections is not None else "all"
        raise _too_strong("collections", wanted, f"Your key is bound to collections; name some of them: {own}.")
    if _RANK[priority] > _RANK[giver.priority] and not administers_all(giver):
        raise _too_strong(
            "priority", priority, f"Your key has the priority {giver.priority}, and cannot give a higher one."
        )
    if giver.expire_time is not None and (expire_time is None or expire_time > giver.expire_time):
        raise _too_strong("expire_time", "", "Your key expires; give the new one a time that is not later.")


def _too_strong(field: str, lacking: str, message: str) -> KeyTooStrong:
    return KeyTooStrong(message, metadata={"field": field, "lacking": lacking})
