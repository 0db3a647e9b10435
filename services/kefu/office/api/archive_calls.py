"""AdminService's calls about the archive of conversations: proto in, proto out."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import grpc.aio

from kefu.common.auth import Principal
from kefu.common.errors import BadRequest
from kefu.common.pagination import decode_token, encode_token, invalid_token, page_size_of
from kefu.common.resource_names import check_day
from kefu.office.archive.archive import Archive
from kefu.router.api.server_stream import StreamLimits, stream_messages
from kefu.router.messages.chat import session_name, timestamp
from kefu.router.tenants.settings import SettingsStore
from kefu.router.tenants.tenant_store import administers_all
from kefu.router.v1 import admin_pb2 as pb

Context = grpc.aio.ServicerContext[Any, Any]
_PART_BYTES = 256 * 1024
_READ_AT_ONCE = 16
_OPERATORS_PLACE = "The operator's store"


class ArchiveCalls:
    """See the contract."""

    def __init__(self, archive: Archive, settings: SettingsStore, limits: StreamLimits) -> None:
        self._archive = archive
        self._settings = settings
        self._limits = limits

    async def status(self, principal: Principal, tenant: str) -> pb.GetArchiveResponse:
        """What the archive holds of a tenant, and how it fares. Place and size of it are the operator's."""
        if not self._archive.is_on:
            return pb.GetArchiveResponse()
        days, status = await self._archive.days(tenant), await self._archive.status()
        sees_all = administers_all(principal)
        return pb.GetArchiveResponse(
            place=self._archive.place if sees_all else _OPERATORS_PLACE,
            on=(await self._settings.effective(tenant)).archive,
            days=self._archive.kept_days,
            encrypted=self._archive.encrypts,
            oldest_day=days[0] if days else "",
            latest_day=days[-1] if days else "",
            pass_time=timestamp(status.pass_time) if status.pass_time else None,
            live_sessions=status.live if sees_all else 0,
            archived_sessions=status.archived if sees_all else 0,
            overdue_seconds=status.overdue_seconds,
            problem=status.problem,
        )

    async def page(
        self, tenant: str, request: pb.ListArchivedConversationsRequest
    ) -> pb.ListArchivedConversationsResponse:
        """A page of what the archive holds of a tenant."""
        size, position = page_size_of(request.page_size), decode_token(request.page_token)
        from_day, _, after = position.partition("/")
        if bool(from_day) != bool(after):
            raise invalid_token()
        found: list[pb.ArchivedConversation] = []
        for day in await self._days(tenant, request):
            if day < from_day:
                continue
            behind = after if day == from_day else ""
            of_day = [each async for each in self._archive.conversations(tenant, day, behind)]
            for each in sorted(of_day, key=lambda one: one.session_id):
                if len(found) == size:
                    last = found[-1]
                    token = encode_token(f"{last.day}/{last.session.removeprefix('sessions/')}")
                    return pb.ListArchivedConversationsResponse(conversations=found, next_page_token=token)
                found.append(pb.ArchivedConversation(session=session_name(each.session_id), day=day, bytes=each.size))
        return pb.ListArchivedConversationsResponse(conversations=found)

    def export(
        self, tenant: str, request: pb.ExportArchiveRequest, context: Context
    ) -> AsyncGenerator[pb.ExportArchiveResponse, None]:
        """A tenant's conversations as JSON lines, in parts."""
        return stream_messages(
            self._parts(tenant, request), context, lambda data: pb.ExportArchiveResponse(data=data), self._limits
        )

    async def _parts(self, tenant: str, request: pb.ExportArchiveRequest) -> AsyncGenerator[bytes, None]:
        waiting = bytearray()
        for day in await self._days(tenant, request):
            of_day = sorted([each.session_id async for each in self._archive.conversations(tenant, day)])
            for at in range(0, len(of_day), _READ_AT_ONCE):
                some = of_day[at : at + _READ_AT_ONCE]
                read = await asyncio.gather(*(self._archive.read(tenant, day, each) for each in some))
                waiting += b"".join(each or b"" for each in read)  # what is not there was erased just now
                while len(waiting) >= _PART_BYTES:
                    yield bytes(waiting[:_PART_BYTES])
                    del waiting[:_PART_BYTES]
        if waiting:
            yield bytes(waiting)

    async def _days(
        self, tenant: str, request: pb.ListArchivedConversationsRequest | pb.ExportArchiveRequest
    ) -> list[str]:
        start, end = check_day("start_day", request.start_day), check_day("end_day", request.end_day)
        if start and end and end < start:
            raise BadRequest("end_day", "must not be before start_day.")
        self._archive.require()
        days = await self._archive.days(tenant)
        return [each for each in days if (not start or each >= str(start)) and (not end or each <= str(end))]
