"""
Data requests: all that is kept of a person, to be exported and erased. Erasure reaches what an export shows.

A person is a user of a key, a visitor, a verified customer, or nobody that is known: then each session stands for
itself. A key reaches
the sessions that it opened, a key with the scope `admin` all of its tenant.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from kefu.common.auth import Principal, Scope
from kefu.common.customers import customer_subject, is_visitor
from kefu.common.errors import ScopeMissing, SessionNotFound
from kefu.office.archive.archive import Archive
from kefu.office.archive.object_names import Identity
from kefu.office.golden_questions.question_store import GoldenQuestionStore
from kefu.router.conversations.attachments.attachment_service import AttachmentService
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
    at_any_key: str = ""
    """A user or customer whose sessions are meant whatever key opened them."""

    @property
    def archived_as(self) -> list[Identity]:
        """As whose the archive has this person's conversations."""
        return [Identity("", self.at_any_key)] if self.at_any_key else [Identity(*each) for each in self.identities]


class DataRequests:
    """Exports and erases. Raises SessionNotFound, and ScopeMissing for what only an administrator of the tenant may."""

    def __init__(
        self,
        store: SessionStore,
        erasure: SessionErasure,
        registry: TurnRegistry,
        event_bus: EventBus,
        attachments: AttachmentService,
        archive: Archive,
        golden: GoldenQuestionStore,
    ) -> None:
        self._golden = golden
        self._store = store
        self._erasure = erasure
        self._registry = registry
        self._event_bus = event_bus
        self._attachments = attachments
        self._archive = archive

    async def export(self, principal: Principal, selector: PersonSelector) -> AsyncGenerator[KeptSession, None]:
        """All that is kept of a person, session by session; of nobody, nothing."""
        tenant = principal.tenant
        sessions = await self._sessions(tenant, await self._person(principal, selector))
        golden = await self._golden.of_sessions(tenant, sessions)
        for session_id, noted in sessions.items():
            try:
                session = await self._store.session(tenant, session_id)
            except SessionNotFound:
                session = None
            beside = await self._erasure.kept(tenant, session_id)
            if session_id in golden:
                beside["golden questions"] = {each.id: asdict(each.question) for each in golden[session_id]}
            archived = [] if noted is None else await self._archive.records(tenant, session_id, noted)
            if session is not None or beside or archived:
                yield KeptSession(
                    session_id,
                    session,
                    lambda one=session_id: self._turns(tenant, one),
                    beside,
                    lambda one=session_id: self._attachments.kept(tenant, one),
                    archived,
                )

    async def erase(self, principal: Principal, selector: PersonSelector) -> int:
        """Erase all that is kept of a person; running answers are stopped. Returns how many sessions there were."""
        tenant, person, erased = principal.tenant, await self._person(principal, selector), 0
        sessions = await self._sessions(tenant, person)
        await self._archive.note_erasure(tenant, sessions)
        await self._golden.erase(tenant, sessions)
        for session_id, noted in sessions.items():
            try:
                await self._erase(await self._store.session(tenant, session_id), tenant, noted or ())
                erased += 1
            except SessionNotFound:  # it expired
                await self._erase_expired(tenant, session_id, noted)
                erased += bool(noted)
        await self._erasure.forget(tenant, person.identities)
        return erased

    async def finish_erasure(self, tenant: str, session_id: str) -> None:
        """Erase a session wherever anything is kept of it, as often as this is called: an erasure was begun."""
        await self._golden.erase(tenant, {session_id})
        try:
            await self._erase(await self._store.session(tenant, session_id), tenant)
        except SessionNotFound:
            await self._erase_expired(tenant, session_id, ())

    async def erase_session(self, principal: Principal, session_id: str) -> None:
        """Erase a session and all that is kept beside it, or what is left of a session that has expired."""
        try:
            session = await self._store.session(principal.tenant, session_id)
        except SessionNotFound:
            reached, noted = await self._reached(principal, session_id)
            if not reached:
                raise
            await self._archive.note_erasure(principal.tenant, [session_id])
            await self._golden.erase(principal.tenant, {session_id})
            if not await self._erase_expired(principal.tenant, session_id, noted):
                raise
            return
        if session.subject != principal.subject and not _reaches_tenant(principal):
            raise SessionNotFound('There is no such session; open one with "sessions/-".')
        await self._archive.note_erasure(principal.tenant, [session_id])
        await self._golden.erase(principal.tenant, {session_id})
        await self._erase(session, principal.tenant)

    async def _erase(self, session: Session, tenant: str, noted: Sequence[str] = ()) -> None:
        self._registry.delete(tenant, session.id)
        await self._erasure.erase(tenant, session.id)
        await self._attachments.erase(tenant, session.id)
        # The archive before the session: as long as that is there, a call that failed can be repeated.
        owners = [Identity(each, session.user) for each in (session.subject, session.former_subject) if each]
        await self._archive.erase(tenant, session.id, owners=owners, noted=noted)
        await self._store.delete(tenant, session)
        self._event_bus.publish(Erased(tenant, session.id))

    async def _erase_expired(self, tenant: str, session_id: str, noted: Sequence[str] | None) -> bool:
        """Erase what is left of a session that has ended. `noted`: as of `_sessions`. Returns whether anything was."""
        was_kept = await self._erasure.erase(tenant, session_id)
        await self._attachments.erase(tenant, session_id)
        was_archived = False if noted is None else await self._archive.erase(tenant, session_id, noted=noted)
        return was_kept or was_archived

    async def _reached(self, principal: Principal, session_id: str) -> tuple[bool, Sequence[str] | None]:
        """Whether a caller may erase a session that has ended, and what the archive has noted, as of `_sessions`."""
        if _reaches_tenant(principal):
            return True, ()
        archived = await self._archive.of_person(principal.tenant, [Identity(principal.subject, "")])
        visited = await self._erasure.sessions(principal.tenant, principal.subject, "")
        return session_id in archived or session_id in visited, archived.get(session_id)

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
            return _Person(((subject, ""), *((key, subject) for key in sorted(by_keys))), at_any_key=subject)
        subjects = [principal.subject]
        if selector.all_keys:
            _require_tenant(principal)
            subjects = sorted(await self._erasure.subjects(principal.tenant, selector.user))
            return _Person(tuple((subject, selector.user) for subject in subjects), at_any_key=selector.user)
        return _Person(tuple((subject, selector.user) for subject in subjects))

    async def _person_of(self, principal: Principal, session_id: str) -> _Person:
        try:
            session = await self._store.session(principal.tenant, session_id)
        except SessionNotFound:
            tenant = principal.tenant
            if not _reaches_tenant(principal) or not (
                await self._erasure.kept(tenant, session_id) or await self._archive.records(tenant, session_id)
            ):
                raise
            return _Person(sessions=(session_id,))
        if session.subject != principal.subject and not _reaches_tenant(principal):
            raise SessionNotFound('There is no such session; open one with "sessions/-".')
        if session.user or is_visitor(session.subject):
            return _Person(((session.subject, session.user),))
        return _Person(sessions=(session_id,))

    async def _sessions(self, tenant: str, person: _Person) -> Mapping[str, Sequence[str] | None]:
        """A person's sessions, with what the archive has noted of each.

        None: it does not know the session as this person's. Empty: it is to look for it.
        """
        found: dict[str, Sequence[str] | None] = dict.fromkeys(person.sessions, ())
        for subject, user in person.identities:
            of_user = await self._store.session_ids_of_user(tenant, subject, user)
            for session_id in (*of_user, *await self._erasure.sessions(tenant, subject, user)):
                found.setdefault(session_id, None)
        found.update(await self._archive.of_person(tenant, person.archived_as))
        return dict(sorted(found.items()))

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
