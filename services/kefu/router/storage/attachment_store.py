"""Attachment records: what Redis holds of a session's attachments. Their bytes are in `conversations/attachments`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kefu.common.errors import AttachmentLimit, SessionNotFound
from kefu.common.redis.commands import Command, RedisCommands, ScriptCall
from kefu.router.domain.attachment import ATTACHMENT, Attachment
from kefu.router.storage import keys

UNOPENED_SECONDS = 3_600.0
"""Life of attachments whose session was not opened: no message came with them."""
_OWNER = "subject"

ADD = """
-- KEYS: attachments, session. ARGV: id, JSON, subject, may the session be new (0|1), most, life before the session ms
local owner = redis.call('HGET', KEYS[2], 'subject') or redis.call('HGET', KEYS[1], 'subject')
if owner and owner ~= ARGV[3] then return 'missing' end
if not owner and ARGV[4] == '0' then return 'missing' end
local count = redis.call('HLEN', KEYS[1]) - redis.call('HEXISTS', KEYS[1], 'subject')
if count >= tonumber(ARGV[5]) then return 'full' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2], 'subject', ARGV[3])
local life = redis.call('PTTL', KEYS[2])
redis.call('PEXPIRE', KEYS[1], life > 0 and life or ARGV[6])
return 'added'
"""
"""Add an attachment. Returns added, full, or missing (no such session, or another subject's)."""


NOTE_TURN = """
-- KEYS: attachments. ARGV: id, JSON, and so on
for at = 1, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[1], ARGV[at]) == 1 then redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1]) end
end
"""
"""Replace attachments that are still there: what was erased or has expired is not made again."""


@dataclass(frozen=True)
class SessionAttachments:
    """The attachments of a session, oldest first."""

    owner: str
    """The subject that may use them while the session is not open. Empty: there are none."""
    attachments: tuple[Attachment, ...]


@dataclass
class AttachmentStore:
    """The records. `most`: attachments that a session may have."""

    commands: RedisCommands
    most: int

    async def add(self, tenant: str, session_id: str, subject: str, attachment: Attachment, *, opens: bool) -> bool:
        """Add an attachment; False when the session is being erased. `opens`: there need be no such session yet.

        Raises SessionNotFound, and AttachmentLimit.
        """
        key = _key(tenant, session_id)
        script = ScriptCall(
            ADD,
            (key, f"{keys.session(tenant, session_id)}session"),
            (
                attachment.id,
                _json(attachment),
                subject,
                int(opens),
                self.most,
                round(UNOPENED_SECONDS * 1000),
            ),
        )
        # The marker after the record: whoever erases sets it first, and then erases what is there.
        outcome, erased = await self.commands.pipeline([script, ("EXISTS", keys.erasure_marker(tenant, session_id))])
        if outcome == "missing":
            raise SessionNotFound('There is no such session; open one with "sessions/-".')
        if outcome == "full":
            raise self.refusal()
        if erased:
            await self.remove(tenant, session_id, attachment.id)
        return not erased

    def refusal(self) -> AttachmentLimit:
        """The error of one attachment too many."""
        return AttachmentLimit(
            f"This conversation has {self.most} files, and takes no more; begin another one.",
            metadata={"limit": str(self.most)},
        )

    async def of_session(self, tenant: str, session_id: str) -> SessionAttachments:
        """All of a session's attachments; none of one that is not known."""
        fields = await self.commands.hash(_key(tenant, session_id))
        owner = fields.pop(_OWNER, "")
        # Their ids are UUIDv7: they sort by time.
        return SessionAttachments(owner, tuple(ATTACHMENT.validate_json(fields[each]) for each in sorted(fields)))

    async def exist(self, sessions: Sequence[tuple[str, str]]) -> list[bool]:
        """Whether anything is known of the attachments of each session, by tenant and session."""
        calls: list[Command] = [("EXISTS", _key(tenant, session_id)) for tenant, session_id in sessions]
        return [bool(found) for found in await self.commands.pipeline(calls)] if calls else []

    async def note_turn(self, tenant: str, session_id: str, attachments: Sequence[Attachment], turn_id: str) -> None:
        """Note the turn that attachments were sent with."""
        values = [
            value
            for each in attachments
            if each.turn != turn_id
            for value in (each.id, _json(replace(each, turn=turn_id)))
        ]
        if values:
            await self.commands.script(NOTE_TURN, [_key(tenant, session_id)], values)

    async def remove(self, tenant: str, session_id: str, attachment_id: str) -> None:
        """Forget one attachment."""
        await self.commands.pipeline([("HDEL", _key(tenant, session_id), attachment_id)])

    async def forget(self, tenant: str, session_id: str) -> None:
        """Forget all of a session's attachments."""
        await self.commands.delete(_key(tenant, session_id))

    async def takes_lease(self, name: str, owner: str, seconds: float) -> bool:
        """Whether this router has, from now on and for so long, the lease of this name."""
        [taken] = await self.commands.pipeline([("SET", name, owner, "NX", "EX", max(1, round(seconds)))])
        return bool(taken)


def _json(attachment: Attachment) -> str:
    return ATTACHMENT.dump_json(attachment, exclude_defaults=True).decode()


def _key(tenant: str, session_id: str) -> str:
    return f"{keys.session(tenant, session_id)}attachments"
