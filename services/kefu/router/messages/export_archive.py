"""Export archive: all that is kept of a person, as a ZIP file that is written as it is read."""

import json
import zipfile
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime

from google.protobuf.json_format import MessageToDict, MessageToJson

from kefu.router.domain.attachment import Attachment, KeptAttachment
from kefu.router.domain.person import KeptSession
from kefu.router.domain.turn import TurnRecord
from kefu.router.messages.attachment_messages import attachment_message
from kefu.router.messages.chat import session_message, turn_message

_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
PART_BYTES = 256 * 1024
_README = """All that Kefu keeps of this person, as of {now}: {count} sessions.

sessions/ID/session.json   the conversation: who opened it, its state, its times
sessions/ID/turns.jsonl    a line for each message: question, answer, passages, citations, handoff, rating
sessions/ID/transcript.txt what was said, to be read
sessions/ID/attachments/   the pictures and PDFs that the customer sent
sessions/ID/attachments.jsonl a line for each of them: name, type, when it came, what was read off it, and
                           a remark where the file itself cannot be given any more: then it is empty
sessions/ID/beside.json    what is kept beside it: unanswered questions, webhook deliveries, figures, cached answers
sessions/ID/archived.jsonl what the archive of conversations has of it, one line: as long as the conversation has not
                           ended, the files above have most of it as well
"""


async def export_archive(sessions: AsyncGenerator[KeptSession, None]) -> AsyncGenerator[bytes, None]:
    """The parts of the archive, at most 256 KiB each."""
    sink = _Sink()
    count = 0
    async with aclosing(sessions):
        archive = zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED)
        async for kept in sessions:
            count += 1
            folder = f"sessions/{kept.id}"
            if kept.session is not None:
                archive.writestr(f"{folder}/session.json", MessageToJson(session_message(kept.session)))
                for name, line_of in (("turns.jsonl", _json_line), ("transcript.txt", _transcript_line)):
                    with archive.open(f"{folder}/{name}", "w") as entry:
                        async for record in kept.turns():
                            entry.write(line_of(kept.id, record).encode())
                            for part in sink.parts():
                                yield part
            described: list[str] = []
            async for each in kept.attachments():
                described.append(_attachment_line(kept.id, each))
                archive.writestr(f"{folder}/attachments/{_member_name(each.attachment)}", each.data)
                for part in sink.parts():
                    yield part
            if described:
                archive.writestr(f"{folder}/attachments.jsonl", "".join(described))
            if kept.beside:
                archive.writestr(f"{folder}/beside.json", json.dumps(kept.beside, ensure_ascii=False, indent=1))
            if kept.archived:
                archive.writestr(f"{folder}/archived.jsonl", "".join(kept.archived))
            for part in sink.parts():
                yield part
        archive.writestr("README.txt", _README.format(now=_time(datetime.now(UTC).timestamp()), count=count))
        archive.close()
    for part in sink.parts(rest=True):
        yield part


def _json_line(session_id: str, record: TurnRecord) -> str:
    return MessageToJson(turn_message(session_id, record), indent=None, ensure_ascii=False) + "\n"


def _attachment_line(session_id: str, kept: KeptAttachment) -> str:
    described = MessageToDict(attachment_message(session_id, kept.attachment))
    remark = {"remark": kept.remark} if kept.remark else {}
    return json.dumps(described | remark, ensure_ascii=False) + "\n"


def _member_name(attachment: Attachment) -> str:
    """Its id and type: the name that the customer gave it is in its line, and makes no path."""
    return f"{attachment.id}.{_ENDINGS.get(attachment.media_type, 'bin')}"


def _transcript_line(session_id: str, record: TurnRecord) -> str:
    turn = record.turn
    files = f"[{len(turn.attachments)} attachments]" if turn.attachments else ""
    said = [("Customer", " ".join(filter(None, (turn.full_question, files)))), (turn.agent or "Kefu", turn.text)]
    return "".join(f"[{_time(turn.create_time)}] {name}: {text}\n" for name, text in said if text)


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


class _Sink:
    """A file that cannot be read or sought, as zipfile writes one: what was written and not yet taken."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        """Take more bytes."""
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Nothing: the bytes are taken by `parts`."""

    def close(self) -> None:
        """Nothing: what was written is still to be taken."""

    def parts(self, *, rest: bool = False) -> list[bytes]:
        """Whole parts; with `rest`, what follows them as well."""
        taken: list[bytes] = []
        while len(self._written) >= PART_BYTES or (rest and self._written):
            taken.append(bytes(self._written[:PART_BYTES]))
            del self._written[:PART_BYTES]
        return taken
