"""What each tenant has of the places, what it had lately, and what its part of them would be."""

from dataclasses import dataclass

_RISE_SECONDS, _FALL_SECONDS = 10.0, 30.0
"""What a tenant has usually follows what it has within about so long: sooner up than down."""
_FORGOTTEN = 0.02
"""A tenant that has nothing now, and had less than so much usually, is gone."""


@dataclass
class _Tenant:
    weight: float
    running: int = 0
    waiting: int = 0
    running_patiently: int = 0
    waiting_patiently: int = 0
    usual: float = 0.0

    @property
    def missing(self) -> float:
        """What it has usually, and not now."""
        return max(self.usual - self.running + self.running_patiently, 0.0)

    @property
    def is_gone(self) -> bool:
        return not self.running and not self.waiting and self.usual < _FORGOTTEN


class FairShare:
    """Turns that run and wait, by tenant. A tenant's part is that of its weight in those of all that are here, or were
    lately."""

    def __init__(self) -> None:
        self._tenants: dict[str, _Tenant] = {}
        self._weights = 0.0
        self._missing = 0.0

    def add(self, tenant: str, weight: float, *, running: int = 0, waiting: int = 0, patient: bool = False) -> None:
        """Count turns in, or out with negative numbers. For `patient` ones nothing is kept."""
        one = self._tenants.get(tenant)
        if one is None:
            one = self._tenants[tenant] = _Tenant(0.0)
        self._missing -= one.missing
        self._weights += weight - one.weight
        one.weight = weight
        one.running += running
        one.waiting += waiting
        if patient:
            one.running_patiently += running
            one.waiting_patiently += waiting
        self._missing += one.missing
        if one.is_gone:
            self._forget(tenant)

    def remember(self, places: int, seconds: float) -> None:
        """Take what each has now for what it had in the last `seconds`; of that no more than its part counts."""
        for tenant, one in list(self._tenants.items()):
            has = one.running - one.running_patiently + one.waiting - one.waiting_patiently
            part = self.part(tenant, one.weight, places)
            more = min(has, part) - one.usual
            follows = _RISE_SECONDS if more > 0 else _FALL_SECONDS
            one.usual = min(one.usual + more * min(seconds / follows, 1.0), part)
            if one.is_gone:
                self._forget(tenant)
        self._missing = sum(one.missing for one in self._tenants.values())

    def part(self, tenant: str, weight: float, places: int) -> float:
        """How many of the places are a tenant's, here or not."""
        one = self._tenants.get(tenant)
        return places * weight / (self._weights + (weight - one.weight if one is not None else weight))

    def missing(self, tenant: str | None = None) -> float:
        """How many places tenants have usually and not now: all but this one, or all."""
        one = self._tenants.get(tenant) if tenant is not None else None
        return max(self._missing - (one.missing if one is not None else 0.0), 0.0)

    def runs_its_part(self, tenant: str, weight: float, places: int) -> bool:
        """Whether a tenant has all that is its own, or more."""
        one = self._tenants.get(tenant)
        return one is not None and one.running >= self.part(tenant, weight, places)

    def wants_more(self, tenant: str, weight: float, places: int, *, more: int = 0) -> bool:
        """Whether a tenant's turns, those that wait and so many `more` included, are more than its part, or one."""
        one = self._tenants.get(tenant)
        turns = more if one is None else one.running + one.waiting + more
        return turns > max(self.part(tenant, weight, places), 1.0)

    def _forget(self, tenant: str) -> None:
        gone = self._tenants.pop(tenant)
        self._weights -= gone.weight
        self._missing -= gone.missing
