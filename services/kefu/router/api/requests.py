"""Checked requests: a ConverseRequest becomes a turn request, or BadRequest."""

import hashlib
import hmac
import math
import time
from collections.abc import Mapping
from ipaddress import ip_address, ip_network

from kefu.common.audit import client_origin
from kefu.common.auth import Principal, Scope, require
from kefu.common.errors import BadRequest, CollectionNotFound
from kefu.common.metadata_filters import Pairs, checked_filters
from kefu.common.resource_names import check_day, check_id, parse_name
from kefu.router.domain.attachment import MOST_OF_MESSAGE
from kefu.router.domain.turn import OnBusy
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.v1 import chat_pb2 as pb
from kefu.text.language import AnswerLanguage

MAX_TEXT_CHARACTERS = 4000
_MAX_ID_CHARACTERS = 128
_MAX_COLLECTIONS = 16
_MAX_TOKENS = 4096
_MAX_PROFILE_ENTRIES = 10
_MAX_PROFILE_NAME_CHARACTERS = 40
_MAX_PROFILE_CHARACTERS = 200
_ON_BUSY = {
    pb.ON_BUSY_UNSPECIFIED: "",
    pb.ON_BUSY_REJECT: OnBusy.REJECT,
    pb.ON_BUSY_QUEUE: OnBusy.QUEUE,
    pb.ON_BUSY_SUPERSEDE: OnBusy.SUPERSEDE,
}


def parse_session_id(name: str) -> str | None:
    """The id in "sessions/{session}"; None for "sessions/-". Raises BadRequest."""
    [session_id] = parse_name("session", name, "sessions")
    return None if session_id == "-" else session_id


def check_short(field: str, value: str, longest: int = _MAX_ID_CHARACTERS) -> str:
    """The value, when it has at most `longest` characters. Raises BadRequest."""
    if len(value) > longest:
        raise BadRequest(field, f"has {len(value)} characters; at most {longest} are taken.")
    return value


def origin_of(metadata: Mapping[str, str | bytes], internal_key: str) -> str:
    """A keyed hash of the client's network as the gateway tells it; empty: it does not."""
    told = client_origin.read_origin(internal_key, str(metadata.get(client_origin.METADATA, "")))
    try:
        address = ip_address("" if told is None else told.address)
    except ValueError:
        return ""
    network = ip_network((address, 64 if address.version == 6 else 32), strict=False)
    return hmac.new(internal_key.encode(), f"triage-origin:{network}".encode(), hashlib.sha256).hexdigest()


def parse_turn_request(
    request: pb.ConverseRequest, principal: Principal, seconds_left: float | None, origin: str = ""
) -> TurnRequest:
    """The turn request of a Converse call, which has `seconds_left` (None: no deadline). `origin`: see `origin_of`.

    Raises BadRequest, CollectionNotFound for a collection that the key may not search, and ScopeMissing for a draft of
    knowledge without a scope for it.
    """
    arrived = time.monotonic()
    check_short("text", request.text, MAX_TEXT_CHARACTERS)
    attachments = _attachments(request)
    if not request.text.strip() and not attachments:
        raise BadRequest("text", "must not be empty.")
    if request.on_busy not in _ON_BUSY:
        raise BadRequest("on_busy", "is not one of OnBusy.")
    check_day("as_of", request.as_of)
    reasoning = request.reasoning
    if reasoning.max_tokens > _MAX_TOKENS:
        raise BadRequest("reasoning.max_tokens", f"must be at most {_MAX_TOKENS}.")
    max_tokens = request.max_tokens if request.HasField("max_tokens") else None
    if max_tokens is not None and not 1 <= max_tokens <= _MAX_TOKENS:
        raise BadRequest("max_tokens", f"must be 1 to {_MAX_TOKENS}.")
    temperature = request.temperature if request.HasField("temperature") else None
    if temperature is not None and not (math.isfinite(temperature) and 0 <= temperature <= 2):
        raise BadRequest("temperature", "must be 0 to 2.")
    return TurnRequest(
        text=request.text,
        arrived=arrived,
        request_id=check_short("request_id", request.request_id),
        collections=_collections(request, principal),
        user=check_short("user", request.user),
        on_busy=_ON_BUSY[request.on_busy],
        as_of=request.as_of,
        filters=checked_filters("filters", ((one.key, one.value) for one in request.filters)),
        resumable=request.resumable,
        thinks=request.HasField("reasoning"),
        reasoning_tokens=reasoning.max_tokens,
        shows_reasoning=reasoning.include,
        max_tokens=max_tokens,
        temperature=temperature,
        language=_language(request.language),
        deadline=None if seconds_left is None else arrived + seconds_left,
        identity_token=_identity_token(request),
        draft=_draft(request, principal),
        staged_settings=_staged_settings(request, principal),
        profile=_profile(request.profile),
        attachments=attachments,
        origin=origin,
    )


def _draft(request: pb.ConverseRequest, principal: Principal) -> str:
    if not request.draft:
        return ""
    require(principal, Scope.KNOWLEDGE, Scope.SETTINGS)
    collection, _ = parse_name("draft", request.draft, "collections", "drafts")
    named = {parse_name("collections", name, "collections")[0] for name in request.collections}
    if named and collection not in named:
        raise BadRequest("draft", "must be of one of `collections`.")
    if collection not in (principal.narrowed(frozenset({collection})) or ()):
        raise CollectionNotFound("There is no such collection, or the key may not search it.")
    return request.draft


def _attachments(request: pb.ConverseRequest) -> tuple[str, ...]:
    if len(request.attachments) > MOST_OF_MESSAGE:
        raise BadRequest("attachments", f"at most {MOST_OF_MESSAGE} are taken with one message.")
    found: list[str] = []
    for name in request.attachments:
        session_id, attachment_id = parse_name("attachments", name, "sessions", "attachments")
        if f"sessions/{session_id}" != request.session:
            raise BadRequest("attachments", "must be of the session that `session` names.")
        found.append(attachment_id)
    return tuple(dict.fromkeys(found))


def _staged_settings(request: pb.ConverseRequest, principal: Principal) -> str:
    if not request.staged_settings:
        return ""
    require(principal, Scope.SETTINGS)
    return parse_name("staged_settings", request.staged_settings, "stagedSettings")[0]


def _identity_token(request: pb.ConverseRequest) -> str:
    if request.identity_token and request.user:
        raise BadRequest("user", "cannot be given with identity_token, which names the person.")
    return request.identity_token


def _profile(given: Mapping[str, str]) -> Pairs:
    if len(given) > _MAX_PROFILE_ENTRIES:
        raise BadRequest("profile", f"has {len(given)} entries; at most {_MAX_PROFILE_ENTRIES} are taken.")
    for name, value in given.items():
        if not 1 <= len(name) <= _MAX_PROFILE_NAME_CHARACTERS or len(value) > _MAX_PROFILE_CHARACTERS:
            raise BadRequest(
                "profile",
                f"must have names of 1 to {_MAX_PROFILE_NAME_CHARACTERS} and values of at most "
                f"{_MAX_PROFILE_CHARACTERS} characters.",
            )
    return tuple(sorted(given.items()))


def _language(value: str) -> AnswerLanguage | None:
    match value:
        case "":
            return None
        case "zh":
            return "zh"
        case "en":
            return "en"
        case _:
            raise BadRequest("language", 'must be "zh" or "en".')


def _collections(request: pb.ConverseRequest, principal: Principal) -> tuple[str, ...]:
    if len(request.collections) > _MAX_COLLECTIONS:
        raise BadRequest("collections", f"at most {_MAX_COLLECTIONS} are taken.")
    named = [check_id("collections", parse_name("collections", name, "collections")[0]) for name in request.collections]
    allowed = principal.narrowed(frozenset(named))
    if named and allowed != frozenset(named):
        raise CollectionNotFound("There is no such collection, or the key may not search it.")
    return tuple(dict.fromkeys(named))


def language_in(value: str) -> AnswerLanguage:
    """The language that a request names; English where it names none. Raises BadRequest."""
    match value:
        case "" | "en":
            return "en"
        case "zh":
            return "zh"
        case _:
            raise BadRequest("language", 'must be "zh" or "en".')
