"""Which settings a key may change."""

from kefu.common.auth import Principal
from kefu.common.errors import BadRequest, ScopeMissing
from kefu.common.permissions import Scope
from kefu.router.tenants.settings import TRUST_FIELDS, TenantSettings, changed_fields
from kefu.router.tenants.tenant_store import administers_all

_FAIR_SHARE_FIELDS = frozenset({"max_concurrent_turns", "questions_per_minute", "question_burst", "weight"})


def check_may_change(principal: Principal, before: TenantSettings, after: TenantSettings) -> None:
    """Raise ScopeMissing or BadRequest where a key may not put `after` in force in place of `before`."""
    for name in changed_fields(before, after):
        if name in TRUST_FIELDS and Scope.ADMIN not in principal.scopes:
            raise ScopeMissing(
                f"settings.{name}: may be changed only by a key with the scope admin, since it decides who is a "
                "customer, or what is done for one without a person. Leave it as it is, or ask an administrator.",
                metadata={"scope": Scope.ADMIN, "field": f"settings.{name}"},
            )
        if name in _FAIR_SHARE_FIELDS and not administers_all(principal):
            raise BadRequest(f"settings.{name}", "may be changed only by keys of the tenant default.")
