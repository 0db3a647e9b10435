"""What each tenant has of the places, and what its part of them would be."""

from dataclasses import dataclass


@dataclass
class _Tenant:
    weight: float
    running: int = 0
    waiting: int = 0


class Shares:
    """Turns that run and wait, by tenant. A tenant's part is that of its weight in those of all that are here."""

    def __init__(self) -> None:
        self._tenants: dict[str, _Tenant] = {}
        self._weights = 0.0

    def add(self, tenant: str, weight: float, *, running: int = 0, waiting: int = 0) -> None:
        """Count turns in, or out with negative numbers."""
        one = self._tenants.get(tenant)
        if one is None:
            one = self._tenants[tenant] = _Tenant(0.0)
        self._weights += weight - one.weight
        one.weight = weight
        one.running += running
        one.waiting += waiting
        if not one.running and not one.waiting:
            self._weights -= one.weight
            del self._tenants[tenant]

    def part(self, tenant: str, weight: float, places: int) -> float:
        """How many of the places are a tenant's, here or not."""
        one = self._tenants.get(tenant)
        return places * weight / (self._weights + (weight - one.weight if one is not None else weight))

    def runs_its_part(self, tenant: str, weight: float, places: int) -> bool:
        """Whether a tenant has all that is its own, or more."""
        one = self._tenants.get(tenant)
        return one is not None and one.running >= self.part(tenant, weight, places)

    def wants_more(self, tenant: str, weight: float, places: int) -> bool:
        """Whether a tenant's turns, those that wait included, are more than its part."""
        one = self._tenants.get(tenant)
        return one is not None and one.running + one.waiting > self.part(tenant, weight, places)
