"""Fair share: each tenant's part of the slots, how many it uses now, and how many it used recently."""

from dataclasses import dataclass

_RISE_SECONDS, _FALL_SECONDS = 10.0, 30.0
"""Time constants with which a tenant's usual number of slots follows the current one: sooner up than down."""
_INACTIVE_BELOW = 0.02
"""A tenant with no turns now, and with fewer than so many slots usually, is inactive."""


@dataclass
class _Tenant:
    weight: float
    running: int = 0
    waiting: int = 0
    running_batch: int = 0
    waiting_batch: int = 0
    usual: float = 0.0

    @property
    def unused(self) -> float:
        """Slots that the tenant uses usually, and not now."""
        return max(self.usual - self.running + self.running_batch, 0.0)

    @property
    def is_inactive(self) -> bool:
        return not self.running and not self.waiting and self.usual < _INACTIVE_BELOW


class FairShare:
    """Running and waiting turns per tenant.

    A tenant's fair share of the slots is its weight over the weights of all tenants that are active, or were recently.
    """

    def __init__(self) -> None:
        self._tenants: dict[str, _Tenant] = {}
        self._weights = 0.0
        self._unused = 0.0

    def add(self, tenant: str, weight: float, *, running: int = 0, waiting: int = 0, batch: bool = False) -> None:
        """Add turns to a tenant's counts, or remove them with negative numbers. No slots are reserved for `batch`."""
        state = self._tenants.get(tenant)
        if state is None:
            state = self._tenants[tenant] = _Tenant(0.0)
        self._unused -= state.unused
        self._weights += weight - state.weight
        state.weight = weight
        state.running += running
        state.waiting += waiting
        if batch:
            state.running_batch += running
            state.waiting_batch += waiting
        self._unused += state.unused
        if state.is_inactive:
            self._remove(tenant)

    def remember(self, slots: int, seconds: float) -> None:
        """Update each tenant's usual number of slots from its turns in the last `seconds`; its share is the most."""
        for tenant, state in list(self._tenants.items()):
            turns = state.running - state.running_batch + state.waiting - state.waiting_batch
            share = self.share(tenant, state.weight, slots)
            change = min(turns, share) - state.usual
            time_constant = _RISE_SECONDS if change > 0 else _FALL_SECONDS
            state.usual = min(state.usual + change * min(seconds / time_constant, 1.0), share)
            if state.is_inactive:
                self._remove(tenant)
        self._unused = sum(state.unused for state in self._tenants.values())

    def share(self, tenant: str, weight: float, slots: int) -> float:
        """A tenant's fair share of the slots, also of a tenant that is not active yet."""
        state = self._tenants.get(tenant)
        return slots * weight / (self._weights + (weight - state.weight if state is not None else weight))

    def unused_by_others(self, tenant: str | None = None) -> float:
        """Slots that all tenants but this one use usually, and not now; None: all tenants."""
        state = self._tenants.get(tenant) if tenant is not None else None
        return max(self._unused - (state.unused if state is not None else 0.0), 0.0)

    def has_its_share(self, tenant: str, weight: float, slots: int) -> bool:
        """Whether a tenant runs at least its fair share."""
        state = self._tenants.get(tenant)
        return state is not None and state.running >= self.share(tenant, weight, slots)

    def exceeds_its_share(self, tenant: str, weight: float, slots: int, *, extra: int = 0) -> bool:
        """Whether a tenant's running and waiting turns, with so many `extra`, exceed its share, or one turn."""
        state = self._tenants.get(tenant)
        turns = extra if state is None else state.running + state.waiting + extra
        return turns > max(self.share(tenant, weight, slots), 1.0)

    def _remove(self, tenant: str) -> None:
        state = self._tenants.pop(tenant)
        self._weights -= state.weight
        self._unused -= state.unused
