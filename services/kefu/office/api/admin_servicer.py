"""AdminService: proto in, proto out."""

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Any

import grpc.aio

from kefu.common.audit.entry import actor_of
from kefu.common.auth import Principal, Priority, StoredKey, caller
from kefu.common.errors import BadRequest, KeyNotFound, TenantNotFound
from kefu.common.pagination import decode_number, decode_token, encode_token, page_size_of
from kefu.common.permissions import Scope
from kefu.common.redis.tenant_secrets import SecretStore, StoredSecret
from kefu.common.resource_names import check_id, parse_name
from kefu.office.api.archive_calls import ArchiveCalls
from kefu.office.api.settings_rights import check_may_change
from kefu.office.messages.settings import (
    revision_message,
    settings_message,
    settings_of,
    staged_settings_message,
    staged_settings_of,
)
from kefu.router.actions.action_runner import ActionRunner
from kefu.router.answering.triage.reader import attempt
from kefu.router.api.requests import MAX_TEXT_CHARACTERS, check_short
from kefu.router.messages.chat import timestamp
from kefu.router.messages.triage_messages import triage_message
from kefu.router.nlu.message import CustomerMessage
from kefu.router.tenants.key_strength import check_not_stronger
from kefu.router.tenants.settings import SettingsStore
from kefu.router.tenants.staged_settings import StagedSettingsStore
from kefu.router.tenants.tenant_store import Tenant, TenantStore, administers_all
from kefu.router.v1 import admin_pb2 as pb
from kefu.router.v1 import admin_pb2_grpc as rpc

SERVICE = "kefu.router.v1.AdminService"
Context = grpc.aio.ServicerContext[Any, Any]
_MAX_DISPLAY_NAME_CHARACTERS = 100
_MAX_COLLECTIONS = 100
_LATEST_EXPIRE_TIME = 253_402_300_800.0
_COMPARED_SECONDS = 5.0
"""How long a text that is tried out is compared: after a start it takes seconds until the known ones are embedded."""
_SCOPES = {
    pb.SCOPE_CHAT: Scope.CHAT,
    pb.SCOPE_KNOWLEDGE: Scope.KNOWLEDGE,
    pb.SCOPE_DESK: Scope.DESK,
    pb.SCOPE_SETTINGS: Scope.SETTINGS,
    pb.SCOPE_ADMIN: Scope.ADMIN,
    pb.SCOPE_OPERATOR: Scope.OPERATOR,
}
_PRIORITIES = {
    pb.PRIORITY_UNSPECIFIED: Priority.INTERACTIVE,
    pb.PRIORITY_INTERACTIVE: Priority.INTERACTIVE,
    pb.PRIORITY_BATCH: Priority.BATCH,
    pb.PRIORITY_URGENT: Priority.URGENT,
}
_PRIORITY_MESSAGES = {priority: message for message, priority in _PRIORITIES.items()}
_SCOPE_MESSAGES = {scope: message for message, scope in _SCOPES.items()}


class AdminServicer(rpc.AdminServiceServicer):
    """See the contract."""

    def __init__(
        self,
        tenants: TenantStore,
        settings: SettingsStore,
        staged: StagedSettingsStore,
        secrets: SecretStore,
        actions: ActionRunner,
        archive: ArchiveCalls,
    ) -> None:
        self._tenants = tenants
        self._settings = settings
        self._staged = staged
        self._secrets = secrets
        self._actions = actions
        self._archive = archive

    def register(self, server: grpc.aio.Server) -> None:
        """Add this service to a server."""
        rpc.add_AdminServiceServicer_to_server(self, server)

    async def CreateTenant(self, request: pb.CreateTenantRequest, context: Context) -> pb.CreateTenantResponse:
        """See the contract."""
        tenant_id = check_id("tenant_id", request.tenant_id)
        if not administers_all(caller()):
            raise TenantNotFound("Only keys of the tenant default may add tenants.")
        display_name = check_short("display_name", request.display_name, _MAX_DISPLAY_NAME_CHARACTERS)
        return pb.CreateTenantResponse(tenant=_tenant(await self._tenants.create(tenant_id, display_name)))

    async def ListTenants(self, request: pb.ListTenantsRequest, context: Context) -> pb.ListTenantsResponse:
        """See the contract."""
        principal, size, after = caller(), page_size_of(request.page_size), decode_token(request.page_token)
        everyone = await self._tenants.all()
        administered = [tenant for tenant in everyone if administers_all(principal) or tenant.id == principal.tenant]
        page = [tenant for tenant in administered if tenant.id > after]
        token = encode_token(page[size - 1].id) if len(page) > size else ""
        return pb.ListTenantsResponse(tenants=map(_tenant, page[:size]), next_page_token=token)

    async def CreateKey(self, request: pb.CreateKeyRequest, context: Context) -> pb.CreateKeyResponse:
        """See the contract."""
        tenant = await self._administered(caller(), request.tenant)
        display_name = check_short("display_name", request.display_name, _MAX_DISPLAY_NAME_CHARACTERS)
        if not request.scopes or any(scope not in _SCOPES for scope in request.scopes):
            raise BadRequest(
                "scopes", "must be at least one of CHAT, KNOWLEDGE, DESK, SETTINGS and ADMIN, and no other."
            )
        if len(request.collections) > _MAX_COLLECTIONS:
            raise BadRequest("collections", f"at most {_MAX_COLLECTIONS} are taken.")
        collections = frozenset(
            check_id("collections", parse_name("collections", name, "collections")[0]) for name in request.collections
        )
        scopes = frozenset(_SCOPES[scope] for scope in request.scopes)
        priority = _PRIORITIES.get(request.priority)
        if priority is None:
            raise BadRequest("priority", "is not one of Priority.")
        expire_time = _expire_time(request)
        check_not_stronger(
            caller(), scopes=scopes, collections=collections or None, priority=priority, expire_time=expire_time
        )
        key, secret = await self._tenants.create_key(
            tenant.id, display_name, scopes, collections or None, priority, expire_time
        )
        return pb.CreateKeyResponse(key=_key(key), secret=secret)

    async def ListKeys(self, request: pb.ListKeysRequest, context: Context) -> pb.ListKeysResponse:
        """See the contract."""
        tenant = await self._administered(caller(), request.tenant)
        size, after = page_size_of(request.page_size), decode_token(request.page_token)
        page = [key for key in await self._tenants.keys(tenant.id) if key.id > after]
        token = encode_token(page[size - 1].id) if len(page) > size else ""
        last_used = await self._tenants.last_used(tenant.id) if page else {}
        return pb.ListKeysResponse(
            keys=[_key(key, last_used.get(key.id)) for key in page[:size]], next_page_token=token
        )

    async def RevokeKey(self, request: pb.RevokeKeyRequest, context: Context) -> pb.RevokeKeyResponse:
        """See the contract."""
        tenant_id, key_id = parse_name("name", request.name, "tenants", "keys")
        try:
            tenant = await self._tenants.administered(caller(), tenant_id)
        except TenantNotFound:
            raise KeyNotFound(f"There is no key {key_id}; list the keys.") from None
        await self._tenants.revoke(tenant.id, key_id)
        return pb.RevokeKeyResponse()

    async def GetTenantSettings(
        self, request: pb.GetTenantSettingsRequest, context: Context
    ) -> pb.GetTenantSettingsResponse:
        """See the contract."""
        tenant = await self._administered(caller(), request.tenant)
        revision = await self._settings.current(tenant.id)
        found = pb.GetTenantSettingsResponse(settings=settings_message(revision.settings), revision=revision.number)
        if revision.trust:
            [trust] = await self._settings.revisions(tenant.id, revision.trust + 1, 1)
            found.trust_revision.CopyFrom(revision_message(trust, with_settings=False))
        return found

    async def UpdateTenantSettings(
        self, request: pb.UpdateTenantSettingsRequest, context: Context
    ) -> pb.UpdateTenantSettingsResponse:
        """See the contract."""
        principal = caller()
        tenant = await self._administered(principal, request.tenant)
        if not request.HasField("settings"):
            raise BadRequest("settings", "must be set; an empty message means the installation's defaults.")
        author = actor_of(principal.tenant, principal.subject)
        settings = settings_of(request.settings)
        check_may_change(principal, (await self._settings.current(tenant.id)).settings, settings)
        done = await self._settings.update(tenant.id, settings, request.revision, author)
        return pb.UpdateTenantSettingsResponse(revision=done.number, changed_fields=done.changed)

    async def ListSettingsRevisions(
        self, request: pb.ListSettingsRevisionsRequest, context: Context
    ) -> pb.ListSettingsRevisionsResponse:
        """See the contract."""
        tenant = await self._administered(caller(), request.tenant)
        size, below = page_size_of(request.page_size), decode_number(request.page_token)
        revisions = await self._settings.revisions(tenant.id, below, size)
        more = bool(revisions) and revisions[-1].number > 1
        return pb.ListSettingsRevisionsResponse(
            revisions=map(revision_message, revisions),
            next_page_token=encode_token(str(revisions[-1].number)) if more else "",
        )

    async def StageSettings(self, request: pb.StageSettingsRequest, context: Context) -> pb.StageSettingsResponse:
        """See the contract."""
        principal = caller()
        author = actor_of(principal.tenant, principal.subject)
        staged = staged_settings_of(request.staged_settings, author)
        check_may_change(principal, (await self._settings.current(principal.tenant)).settings, staged.settings)
        await self._staged.stage(principal.tenant, staged)
        return pb.StageSettingsResponse(staged_settings=staged_settings_message(staged))

    async def ListStagedSettings(
        self, request: pb.ListStagedSettingsRequest, context: Context
    ) -> pb.ListStagedSettingsResponse:
        """See the contract."""
        staged = await self._staged.all(caller().tenant)
        return pb.ListStagedSettingsResponse(staged_settings=map(staged_settings_message, staged))

    async def PromoteStagedSettings(
        self, request: pb.PromoteStagedSettingsRequest, context: Context
    ) -> pb.PromoteStagedSettingsResponse:
        """See the contract."""
        principal = caller()
        [staged_id] = parse_name("name", request.name, "stagedSettings")
        author = actor_of(principal.tenant, principal.subject)
        check = partial(check_may_change, principal)
        done = await self._staged.promote(principal.tenant, staged_id, author, check)
        return pb.PromoteStagedSettingsResponse(revision=done.number, changed_fields=done.changed)

    async def DiscardStagedSettings(
        self, request: pb.DiscardStagedSettingsRequest, context: Context
    ) -> pb.DiscardStagedSettingsResponse:
        """See the contract."""
        [staged_id] = parse_name("name", request.name, "stagedSettings")
        await self._staged.discard(caller().tenant, staged_id)
        return pb.DiscardStagedSettingsResponse()

    async def PutSecret(self, request: pb.PutSecretRequest, context: Context) -> pb.PutSecretResponse:
        """See the contract."""
        tenant, secret_id = await self._secret(request.name)
        stored = await self._secrets.put(tenant.id, secret_id, request.value)
        return pb.PutSecretResponse(secret=_secret(tenant, stored))

    async def ListSecrets(self, request: pb.ListSecretsRequest, context: Context) -> pb.ListSecretsResponse:
        """See the contract."""
        tenant = await self._administered(caller(), request.tenant)
        return pb.ListSecretsResponse(secrets=[_secret(tenant, each) for each in await self._secrets.all(tenant.id)])

    async def DeleteSecret(self, request: pb.DeleteSecretRequest, context: Context) -> pb.DeleteSecretResponse:
        """See the contract."""
        tenant, secret_id = await self._secret(request.name)
        await self._secrets.delete(tenant.id, secret_id)
        return pb.DeleteSecretResponse()

    async def TryTriage(self, request: pb.TryTriageRequest, context: Context) -> pb.TryTriageResponse:
        """See the contract."""
        text, principal = check_short("text", request.text, MAX_TEXT_CHARACTERS), caller()
        if not text.strip():
            raise BadRequest("text", "must not be empty.")
        rules = (await self._settings.effective(principal.tenant)).triage_rules
        cosines = await self._actions.compared(principal, text, _COMPARED_SECONDS)
        return pb.TryTriageResponse(triage=triage_message(attempt(CustomerMessage(text), cosines, rules)))

    async def GetArchive(self, request: pb.GetArchiveRequest, context: Context) -> pb.GetArchiveResponse:
        """See the contract."""
        return await self._archive.status(caller(), (await self._administered(caller(), request.tenant)).id)

    async def ListArchivedConversations(
        self, request: pb.ListArchivedConversationsRequest, context: Context
    ) -> pb.ListArchivedConversationsResponse:
        """See the contract."""
        return await self._archive.page(caller().tenant, request)

    async def ExportArchive(
        self, request: pb.ExportArchiveRequest, context: Context
    ) -> AsyncIterator[pb.ExportArchiveResponse]:
        """See the contract."""
        async with aclosing(self._archive.export(caller().tenant, request, context)) as messages:
            async for message in messages:
                yield message

    async def _secret(self, name: str) -> tuple[Tenant, str]:
        tenant_id, secret_id = parse_name("name", name, "tenants", "secrets")
        return await self._tenants.administered(caller(), tenant_id), check_id("name", secret_id)

    async def _administered(self, principal: Principal, name: str) -> Tenant:
        tenant_id = parse_name("tenant", name, "tenants")[0] if name else ""
        return await self._tenants.administered(principal, tenant_id)


def _tenant(tenant: Tenant) -> pb.Tenant:
    return pb.Tenant(
        name=f"tenants/{tenant.id}",
        display_name=tenant.display_name,
        create_time=timestamp(tenant.create_time) if tenant.create_time else None,
    )


def _secret(tenant: Tenant, secret: StoredSecret) -> pb.Secret:
    return pb.Secret(name=f"tenants/{tenant.id}/secrets/{secret.id}", update_time=timestamp(secret.update_time))


def _expire_time(request: pb.CreateKeyRequest) -> float | None:
    if not request.HasField("expire_time"):
        return None
    seconds = request.expire_time.seconds + request.expire_time.nanos / 1e9
    if not time.time() < seconds < _LATEST_EXPIRE_TIME:
        raise BadRequest("expire_time", "must be in the future, and before the year 10000.")
    return seconds


def _key(key: StoredKey, last_used: float | None = None) -> pb.Key:
    return pb.Key(
        name=f"tenants/{key.tenant}/keys/{key.id}",
        display_name=key.display_name,
        scopes=[_SCOPE_MESSAGES[scope] for scope in sorted(key.scopes) if scope in _SCOPE_MESSAGES],
        collections=[f"collections/{name}" for name in sorted(key.collections or ())],
        create_time=timestamp(key.create_time),
        priority=_PRIORITY_MESSAGES[key.priority],
        expire_time=timestamp(key.expire_time) if key.expire_time is not None else None,
        last_used_time=timestamp(last_used) if last_used is not None else None,
    )
