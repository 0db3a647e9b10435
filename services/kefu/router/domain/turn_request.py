"""Turn request: what one Converse call asks for, checked."""

from dataclasses import dataclass, field

from kefu.common.metadata_filters import Pairs
from kefu.text.language import AnswerLanguage


@dataclass(frozen=True)
class TurnRequest:
    """A checked ConverseRequest: the text and its options. `arrived` and `deadline` are monotonic times in seconds."""

    text: str
    arrived: float
    request_id: str = ""
    collections: tuple[str, ...] = ()
    user: str = ""
    on_busy: str = ""
    as_of: str = ""
    filters: Pairs = ()
    """See the contract's Filter."""
    resumable: bool = False
    thinks: bool = False
    reasoning_tokens: int = 0
    """0: the server's default."""
    shows_reasoning: bool = False
    max_tokens: int | None = None
    temperature: float | None = None
    language: AnswerLanguage | None = None
    deadline: float | None = None
    identity_token: str = field(default="", repr=False)
    """A token of the company's site. Empty once it is verified: it is stored nowhere."""
    draft: str = ""
    """Name of the draft of knowledge that the turn is answered from; empty: from what is live."""
    staged_settings: str = ""
    """Id of the staged settings that the turn is answered by; empty: by those in force."""
    profile: Pairs = ()
    """What the page claims of the person, by name."""
    attachments: tuple[str, ...] = ()
    """Ids of the session's attachments that come with the message."""
    origin: str = field(default="", repr=False)
    """A keyed hash of the address of the page's visitor; empty: it is not known. It is stored with no message."""
