"""The tools, and the RPC behind each. Which one a key sees follows from the RPC's scopes."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import grpc.aio
from mcp import types
from pydantic import ValidationError

from kefu.common.errors import BackendUnavailable, BadRequest
from kefu.common.permissions import PERMISSIONS
from kefu.gateway.auth.callers import Caller, CallerResolver
from kefu.gateway.grpc_backends import CHAT, IDENTITY, KNOWLEDGE, Backends, Call
from kefu.gateway.mcp_server.messages import (
    Answer,
    AskArguments,
    SearchArguments,
    SearchResult,
    ToolArguments,
    ToolResult,
    UnansweredArguments,
    UnansweredResult,
    cited_sources,
)
from kefu.gateway.site_api import count_unauthenticated
from kefu.router.v1 import chat_pb2, identity_pb2

ArgumentsT = TypeVar("ArgumentsT", bound=ToolArguments)
_INSIGHT = "kefu.router.v1.InsightService"
_SEARCH = """\
Search the company's knowledge base. Returns passages of documents, best first, with title, address and text. They are \
sources to read, not an answer: those of little relevance may be about something else."""
_ASK = """\
Ask Kefu, the company's customer service, as a customer would. Returns an answer from the knowledge base with its \
sources, or says that a person takes over."""
_UNANSWERED = """\
List the questions that customers asked and the knowledge base did not answer, in groups of the same meaning with \
counts, most frequent first: what a document should be written about."""


@dataclass(frozen=True)
class Tool(Generic[ArgumentsT]):
    """One tool."""

    name: str
    description: str
    service: str
    method: str
    arguments: type[ArgumentsT]
    result: type[ToolResult]
    run: Callable[[Caller, ArgumentsT], Awaitable[ToolResult]]
    reads_only: bool = True

    @property
    def definition(self) -> types.Tool:
        """The tool as clients see it."""
        return types.Tool(
            name=self.name,
            description=self.description,
            input_schema=self.arguments.schema_of(),
            output_schema=self.result.schema_of(),
            annotations=types.ToolAnnotations(
                read_only_hint=self.reads_only, destructive_hint=False, open_world_hint=False
            ),
        )

    def read(self, arguments: Mapping[str, Any]) -> ArgumentsT:
        """The checked arguments. Raises BadRequest."""
        try:
            return self.arguments.model_validate(arguments)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise BadRequest(".".join(map(str, first["loc"])) or "arguments", f"{first['msg']}.") from None


class Tools:
    """Every tool, called for one caller at a time."""

    def __init__(self, backends: Backends, callers: CallerResolver, *, call_seconds: float) -> None:
        self._backends = backends
        self._callers = callers
        self._call_seconds = call_seconds
        self._all: tuple[Tool[Any], ...] = (
            Tool("search", _SEARCH, KNOWLEDGE, "Search", SearchArguments, SearchResult, self._search),
            Tool("ask", _ASK, CHAT, "Converse", AskArguments, Answer, self._ask, reads_only=False),
            Tool(
                *("unanswered", _UNANSWERED, _INSIGHT, "ListUnanswered"),
                *(UnansweredArguments, UnansweredResult, self._unanswered),
            ),
        )
        self._by_name = {tool.name: tool for tool in self._all}

    def find(self, name: str) -> Tool[Any] | None:
        """The tool of this name."""
        return self._by_name.get(name)

    async def visible_to(self, caller: Caller) -> list[Tool[Any]]:
        """The tools that the caller's scopes allow. Raises AioRpcError when the router does not say which these are."""
        scopes = caller.principal.scopes if caller.principal else await self._scopes_of_key(caller)
        return [tool for tool in self._all if not scopes.isdisjoint(PERMISSIONS[tool.service][tool.method])]

    async def call(self, caller: Caller, tool: Tool[Any], arguments: Mapping[str, Any]) -> ToolResult:
        """Call a tool. Raises ServiceError or AioRpcError; the service checks the caller's scopes, as for any call."""
        self._callers.admit(caller, tool.service, tool.method)
        try:
            return await tool.run(caller, tool.read(arguments))
        except grpc.aio.AioRpcError as error:
            count_unauthenticated(self._callers, caller.address, error)
            raise

    async def _scopes_of_key(self, caller: Caller) -> frozenset[str]:
        identity: identity_pb2.GetIdentityResponse = await self._call(
            caller, IDENTITY, "GetIdentity", identity_pb2.GetIdentityRequest()
        )
        return frozenset(identity.scopes)

    async def _search(self, caller: Caller, arguments: SearchArguments) -> SearchResult:
        return SearchResult.of(await self._call(caller, KNOWLEDGE, "Search", arguments.request()))

    async def _unanswered(self, caller: Caller, arguments: UnansweredArguments) -> UnansweredResult:
        return UnansweredResult.of(await self._call(caller, _INSIGHT, "ListUnanswered", arguments.request()))

    async def _ask(self, caller: Caller, arguments: AskArguments) -> Answer:
        with self._callers.open_stream(caller, watches=False):
            turn = self._backends.stream(f"/{CHAT}/Converse", arguments.request(), caller.metadata())
            try:
                return await _answer_of(turn)
            finally:
                turn.cancel()  # and with it the turn, when the client has left

    async def _call(self, caller: Caller, service: str, method: str, request: Any) -> Any:
        return await self._backends.call(f"/{service}/{method}", request, caller.metadata(), self._call_seconds)


async def _answer_of(turn: Call) -> Answer:
    """The answer that a turn's events make."""
    session, text, handed_over = "", "", False
    passages: list[chat_pb2.SourcePassage] = []
    event: chat_pb2.ConverseEvent
    async for event in turn:
        match event.WhichOneof("event"):
            case "turn_started":
                session = event.turn_started.session
            case "passages_found":
                passages = list(event.passages_found.passages)
            case "text_delta":
                text += event.text_delta.text
            case "handoff":  # its message takes the place of the text
                text, handed_over = event.handoff.message, True
            case "turn_completed":
                completed = event.turn_completed
                return Answer(
                    answer=text,
                    citations=cited_sources((citation.number for citation in completed.citations), passages),
                    handed_over=handed_over or completed.finish_reason == chat_pb2.FINISH_REASON_HUMAN,
                    session=session,
                )
            case _:
                pass
    raise BackendUnavailable("The answer broke off; ask again.")
