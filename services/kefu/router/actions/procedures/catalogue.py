"""The catalogue of what messages may ask for: a tenant's actions, and the procedures that do some of them."""

from kefu.router.actions.action_store import ActionStore
from kefu.router.actions.asked_action import ActionSet
from kefu.router.actions.procedures.compiler import compiled
from kefu.router.actions.procedures.procedure import Do, Procedure, walk
from kefu.router.actions.procedures.procedure_store import ProcedureStore, StoredPage

_MAX_CACHED = 10_000


class ProcedureCatalogue:
    """Puts both together for a turn."""

    def __init__(self, actions: ActionStore, procedures: ProcedureStore) -> None:
        self._actions = actions
        self._procedures = procedures
        self._known: dict[str, tuple[ActionSet, tuple[StoredPage, ...], ActionSet]] = {}
        """By tenant: what was put together last, and from what."""

    async def in_force(self, tenant: str) -> ActionSet:
        """A tenant's actions, and what messages may ask for. An action that a procedure does is asked for by that one.

        Never raises: without Redis it is what it was last.
        """
        found = await self._actions.in_force(tenant)
        pages = await self._procedures.in_force(tenant)
        if not pages:
            return found
        known = self._known.get(tenant)
        if known is not None and known[0] is found and known[1] is pages:
            return known[2]
        procedures = [compiled(each.id, each.page, found.actions, each.revision) for each in pages]
        done = {step.action for each in procedures for step in walk(each.steps) if isinstance(step, Do)}
        if len(self._known) >= _MAX_CACHED:
            self._known.clear()
        together = ActionSet.of(tuple(found.actions.values()), procedures, done)
        self._known[tenant] = (found, pages, together)
        return together

    async def procedure(self, tenant: str, procedure_id: str, revision: int) -> Procedure:
        """A revision of a procedure. Raises ProcedureNotFound, BackendUnavailable."""
        actions = (await self._actions.in_force(tenant)).actions
        for each in await self._procedures.in_force(tenant):
            if (each.id, each.revision) == (procedure_id, revision):
                return compiled(each.id, each.page, actions, each.revision)
        stored = await self._procedures.get(tenant, procedure_id, revision)
        return compiled(stored.id, stored.page, actions, stored.revision)
