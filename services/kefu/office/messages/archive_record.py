"""A conversation of the archive as JSON: session and turns as the contract has them, and what reviewers said."""

import json
from typing import Any

from google.protobuf.json_format import MessageToDict

from kefu.office.insight.reviews.review_store import ReviewJudgement
from kefu.router.domain.session import Session
from kefu.router.domain.turn import TurnRecord
from kefu.router.messages.chat import session_message, timestamp, turn_message

FORM = 1
"""The form of a record. Another one does not mean other things by the same names."""
_NOT_LASTING = ("expireTime", "runningTurn", "lastEvent")


class ArchiveRecordWriter:
    """Writes records; see `docs/operate/archive.md` for what is in them."""

    def head(self, tenant: str, session: Session) -> str:
        """A JSON object of what is known of the session, but for its turns."""
        described = MessageToDict(session_message(session))
        owner = {"subject": session.subject, "user": session.user, "formerSubject": session.former_subject}
        return _json(
            {
                "form": FORM,
                "tenant": tenant,
                **{name: value for name, value in described.items() if name not in _NOT_LASTING},
                "owner": {name: value for name, value in owner.items() if value},
            }
        )

    def turn(self, session_id: str, record: TurnRecord, judgement: ReviewJudgement | None) -> str:
        """A JSON object of one turn."""
        described = MessageToDict(turn_message(session_id, record, with_triage=True))
        if judgement is not None:
            described["review"] = {
                "verdict": judgement.verdict.value,
                "reviewer": judgement.reviewer,
                "time": timestamp(judgement.time).ToJsonString(),
                **({"note": judgement.note} if judgement.note else {}),
            }
        return _json(described)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
