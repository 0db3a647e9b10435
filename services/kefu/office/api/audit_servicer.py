"""AuditService: proto in, proto out."""

import re
from typing import Any

import grpc.aio

from kefu.common.audit.entry import OK, AuditEntry, StoredEntry
from kefu.common.audit.log import AuditLog
from kefu.common.auth import caller
from kefu.common.errors import BadRequest
from kefu.common.pagination import decode_token, encode_token, invalid_token, page_size_of
from kefu.common.resource_names import parse_name
from kefu.router.api.requests import check_short
from kefu.router.messages.chat import timestamp
from kefu.router.tenants.tenant_store import TenantStore
from kefu.router.v1 import audit_pb2 as pb
from kefu.router.v1 import audit_pb2_grpc as rpc

SERVICE = "kefu.router.v1.AuditService"
Context = grpc.aio.ServicerContext[Any, Any]
_MAX_SCANNED = 2_000
"""Entries that one page looks through."""
_BATCH = 500
_ENTRY_ID = re.compile(r"\d{1,15}-\d{1,10}", re.ASCII)
_HASH = re.compile(r"(?:[0-9a-f]{64})?")


class AuditServicer(rpc.AuditServiceServicer):
    """See the contract."""

    def __init__(self, log: AuditLog, tenants: TenantStore) -> None:
        self._log = log
        self._tenants = tenants

    def register(self, server: grpc.aio.Server) -> None:
        """Add this service to a server."""
        rpc.add_AuditServiceServicer_to_server(self, server)

    async def ListAuditEntries(
        self, request: pb.ListAuditEntriesRequest, context: Context
    ) -> pb.ListAuditEntriesResponse:
        """See the contract."""
        size, before = page_size_of(request.page_size), decode_token(request.page_token)
        if before and not _ENTRY_ID.fullmatch(before):
            raise invalid_token()
        for field in ("actor", "action", "target"):
            check_short(field, getattr(request, field))
        tenant = await self._tenant(request.tenant)
        since = max(request.start_time.ToMilliseconds(), 0)
        until = max(request.end_time.ToMilliseconds(), 1) if request.HasField("end_time") else None
        found: list[pb.AuditEntry] = []
        for _ in range(_MAX_SCANNED // _BATCH):
            batch = await self._log.latest(tenant, before=before, since_ms=since, until_ms=until, count=_BATCH)
            for before, stored in batch:
                message = _entry_message(stored)
                if _fits(message, request):
                    found.append(message)
                    if len(found) == size:
                        return pb.ListAuditEntriesResponse(entries=found, next_page_token=encode_token(before))
            if len(batch) < _BATCH:
                return pb.ListAuditEntriesResponse(entries=found)
        return pb.ListAuditEntriesResponse(entries=found, next_page_token=encode_token(before))

    async def VerifyAudit(self, request: pb.VerifyAuditRequest, context: Context) -> pb.VerifyAuditResponse:
        """See the contract."""
        if not _HASH.fullmatch(request.known_hash):
            raise BadRequest("known_hash", "must be 64 hexadecimal digits in lower case.")
        tenant = await self._tenant(request.tenant)
        verification = await self._log.verify(tenant, known_hash=request.known_hash)
        start, last, broken = verification.start, verification.last, verification.broken
        return pb.VerifyAuditResponse(
            entries=last.sequence - start.sequence,
            removed=start.sequence,
            last_sequence=last.sequence,
            last_hash=last.hash,
            broken_sequence=broken.sequence if broken else 0,
            problem=" ".join(filter(None, (broken.problem if broken else "", verification.unsealed))),
            known_hash_found=verification.found,
        )

    async def _tenant(self, name: str) -> str:
        tenant_id = parse_name("tenant", name, "tenants")[0] if name else ""
        return (await self._tenants.administered(caller(), tenant_id)).id


def _fits(message: pb.AuditEntry, request: pb.ListAuditEntriesRequest) -> bool:
    """Whether an entry is asked for. One that cannot be read always is: nobody shall hide it behind a filter."""
    if not message.sequence:
        return True
    return (
        (request.actor in message.actor or request.actor.lower() in message.actor_name.lower())
        and (not request.action or f"{message.action}.".startswith(f"{request.action}."))
        and request.target in message.target
        and not (request.failed and message.outcome == OK)
    )


def _entry_message(stored: StoredEntry) -> pb.AuditEntry:
    try:
        entry = AuditEntry.from_text(stored.text)
    except ValueError:
        return pb.AuditEntry(hash=stored.hash, json=stored.line())
    return pb.AuditEntry(
        sequence=entry.sequence,
        time=timestamp(entry.time / 1000),
        actor=entry.actor,
        actor_name=entry.name,
        scopes=entry.scopes,
        address=entry.address,
        address_from=entry.address_from,
        trace=entry.trace,
        action=entry.action,
        target=entry.target,
        outcome=entry.outcome,
        details=entry.details,
        hash=stored.hash,
        json=stored.line(),
    )
