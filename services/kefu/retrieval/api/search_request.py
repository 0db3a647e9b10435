"""The checks of a SearchRequest."""

from dataclasses import dataclass
from datetime import UTC, datetime

from kefu.common.errors import BadRequest
from kefu.common.metadata_filters import checked_filters
from kefu.common.resource_names import check_day
from kefu.retrieval.api.messages import audience_of
from kefu.retrieval.domain.filters import Audience, SearchFilter
from kefu.retrieval.v1 import knowledge_pb2 as pb

MAX_QUERY_CHARACTERS = 4_000
MAX_HITS = 50
MAX_COLLECTIONS = 16
MAX_LANGUAGES = 16


@dataclass(frozen=True)
class SearchQuery:
    """A checked search request."""

    query: str
    previous_question: str
    """The question before this one; empty without one."""
    count: int
    search_filter: SearchFilter


def parse_search_request(request: pb.SearchRequest, *, sees_staff: bool) -> SearchQuery:
    """Check a request; raises BadRequest. Without `sees_staff`, the filter excludes staff documents in any case."""
    query = request.query.strip()
    if not 1 <= len(query) <= MAX_QUERY_CHARACTERS:
        raise BadRequest("query", f"must have 1 to {MAX_QUERY_CHARACTERS} characters.")
    if not 0 <= request.top_k <= MAX_HITS:
        raise BadRequest("top_k", f"must be 0 to {MAX_HITS}.")
    if len(request.collections) > MAX_COLLECTIONS:
        raise BadRequest("collections", f"must be at most {MAX_COLLECTIONS}.")
    if any(len(earlier) > MAX_QUERY_CHARACTERS for earlier in request.history):
        raise BadRequest("history", f"must have at most {MAX_QUERY_CHARACTERS} characters each.")
    if len(request.languages) > MAX_LANGUAGES:
        raise BadRequest("languages", f"must be at most {MAX_LANGUAGES}.")
    check_day("as_of", request.as_of)
    audience = audience_of("audience", request.audience or pb.AUDIENCE_STAFF)
    wanted = SearchFilter(
        day=request.as_of or datetime.now(UTC).date().isoformat(),
        audience=audience if sees_staff else Audience.EVERYONE,
        languages=frozenset(request.languages),
        metadata=checked_filters("filters", ((one.key, one.value) for one in request.filters)),
    )
    before = request.history[-1].strip() if request.history else ""
    return SearchQuery(query, before, request.top_k or 5, wanted)
