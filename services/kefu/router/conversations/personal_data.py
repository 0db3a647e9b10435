"""
Personal data: all that is kept of a person, to be exported and erased. Erasure reaches what an export shows.

A person is a user of a key, a visitor, a verified customer, or nobody that is known: then each session stands for
itself. A key reaches
the sessions that it opened, a key with the scope `admin` all of its tenant.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

from kefu.common.auth import Principal, Scope
from kefu.common.customers import customer_subject, is_visitor
from kefu.common.errors import ScopeMissing, SessionNotFound
from kefu.router.conversations.attachments.service import AttachmentService
from kefu.router.conversations.turn_registry import TurnRegistry
from kefu.router.domain.event_bus import EventBus
from kefu.router.domain.events import Erased
from kefu.router.domain.person import KeptSession, PersonSelector
from kefu.router.domain.session import Session
from kefu.router.domain.turn import TurnRecord
from kefu.router.storage.erasure import SessionErasure
from kefu.router.storage.sessions import SessionStore

_PAGE = 100


@dataclass(frozen=True)
class _Person:
    identities: tuple[tuple[str, str], ...] = ()
    """Subject and user; the user of a visitor is empty."""
    sessions: tuple[str, ...] = ()
    """Sessions that stand for themselves."""


class PersonalData:
    """Exports and erases. Raises SessionNotFound, and ScopeMissing for what only an administrator of the tenant may."""

    def __init__(
        self,
        store: SessionStore,
        erasure: SessionErasure,
        registry: TurnRegistry,
        event_bus: EventBus,
        attachments: AttachmentService,
    ) -> None:
        self._store = store
        self._erasure = erasure
        self._registry = registry
        self._event_bus = event_bus
        self._attachments = attachments

    async def export(self, principal: Principal, selector: PersonSelector) -> AsyncGenerator[KeptSession, None]:
        """All that is kept of a person, session by session; of nobody, nothing."""
        tenant = principal.tenant
        for session_id in await self._sessions(tenant, await self._person(principal, selector)):
            try:
                session = await self._store.session(tenant, session_id)
            except SessionNotFound:
                session = None
            beside = await self._erasure.kept(tenant, session_id)
            if session is not None or beside:
                yield KeptSession(
                    session_id,
                    session,
                    lambda one=session_id: self._turns(tenant, one),
                    beside,
                    lambda one=session_id: self._attachments.kept(tenant, one),
                )

    async def erase(self, principal: Principal, selector: PersonSelector) -> int:
        """Erase all that is kept of a person; running answers are stopped. Returns how many sessions there were."""
        person, erased = await self._person(principal, selector), 0
        for session_id in await self._sessions(principal.tenant, person):
            try:
                await self._erase(await self._store.session(principal.tenant, session_id), principal.tenant)
                erased += 1
            except SessionNotFound:  # it expired
                await self._erasure.erase(principal.tenant, session_id)
                await self._attachments.erase(principal.tenant, session_id)
        await self._erasure.forget(principal.tenant, person.identities)
        return erased

    async def erase_session(self, principal: Principal, session_id: str) -> None:
        """Erase a session and all that is kept beside it, or what is left of a session that has expired."""
        try:
            session = await self._store.session(principal.tenant, session_id)
        except SessionNotFound:
            visited = await self._erasure.sessions(principal.tenant, principal.subject, "")
            reached = session_id in visited or _reaches_tenant(principal)
            if not reached:
                raise
            was_kept = await self._erasure.erase(principal.tenant, session_id)
            await self._attachments.erase(principal.tenant, session_id)
            if not was_kept:
                raise
            return
        if session.subject != principal.subject and not _reaches_tenant(principal):
            raise SessionNotFound('There is no such session; open one with "sessions/-".')
        await self._erase(session, principal.tenant)

    async def _erase(self, session: Session, tenant: str) -> None:
        self._registry.delete(tenant, session.id)
        await self._erasure.erase(tenant, session.id)
        await self._attachments.erase(tenant, session.id)
        await self._store.delete(tenant, session)
        self._event_bus.publish(Erased(tenant, session.id))

    async def _person(self, principal: Principal, selector: PersonSelector) -> _Person:
        if selector.session_id:
            return await self._person_of(principal, selector.session_id)
        if selector.visitor:
            if selector.visitor != principal.subject:
                _require_tenant(principal)
            return _Person(((selector.visitor, ""),))
        if selector.customer:
            _require_tenant(principal)
            subject = customer_subject(principal.tenant, selector.customer)
            by_keys = await self._erasure.subjects(principal.tenant, subject)
            return _Person(((subject, ""), *((key, subject) for key in sorted(by_keys))))
        subjects = [principal.subject]
        if selector.all_keys:
            _require_tenant(principal)
            subjects = sorted(await self._erasure.subjects(principal.tenant, selector.user))
        return _Person(tuple((subject, selector.user) for subject in subjects))

    async def _person_of(self, principal: Principal, session_id: str) -> _Person:
        try:
            session = await self._store.session(principal.tenant, session_id)
        except SessionNotFound:
            if not _reaches_tenant(principal) or not await self._erasure.kept(principal.tenant, session_id):
                raise
            return _Person(sessions=(session_id,))
        if session.subject != principal.subject and not _reaches_tenant(principal):
            raise SessionNotFound('There is no such session; open one with "sessions/-".')
        if session.user or is_visitor(session.subject):
            return _Person(((session.subject, session.user),))
        return _Person(sessions=(session_id,))

    async def _sessions(self, tenant: str, person: _Person) -> list[str]:
        found = set(person.sessions)
        for subject, user in person.identities:
            found.update(await self._store.session_ids_of_user(tenant, subject, user))
            found.update(await self._erasure.sessions(tenant, subject, user))
        return sorted(found)

    async def _turns(self, tenant: str, session_id: str) -> AsyncIterator[TurnRecord]:
        start = 0
        while page := await self._store.turns(tenant, session_id, start, _PAGE):
            for record in page:
                yield record
            start += _PAGE


def _reaches_tenant(principal: Principal) -> bool:
    return Scope.ADMIN in principal.scopes


def _require_tenant(principal: Principal) -> None:
    if not _reaches_tenant(principal):
        raise ScopeMissing(f"This needs a key with the scope {Scope.ADMIN}.", metadata={"scope": str(Scope.ADMIN)})
