"""A tenant's settings, changed as an operator does."""

from kefu.router.v1 import admin_pb2 as pb
from tests.support.router_harness import RouterClient


async def replace_settings(operator: RouterClient, **settings: object) -> None:
    """Replace the settings of the operator's own tenant by these."""
    found = await operator.admin.GetTenantSettings(pb.GetTenantSettingsRequest(), metadata=operator.metadata)
    chosen = pb.TenantSettings(**settings)  # pyright: ignore[reportArgumentType] - fields
    request = pb.UpdateTenantSettingsRequest(settings=chosen, revision=found.revision)
    await operator.admin.UpdateTenantSettings(request, metadata=operator.metadata)
