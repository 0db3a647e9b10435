"""What the tools take and give. Docstrings of the fields are their descriptions in the tools' JSON schemas."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kefu.retrieval.v1 import knowledge_pb2
from kefu.router.v1 import chat_pb2, insight_pb2

_MAX_CHARACTERS = 4000


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    @classmethod
    def schema_of(cls) -> dict[str, Any]:
        """The JSON schema, without a description of the class: that is for readers of this module."""
        return {name: value for name, value in cls.model_json_schema().items() if name != "description"}


class ToolArguments(_Message, extra="forbid"):
    """What a tool takes."""


class ToolResult(_Message):
    """What a tool gives: fields for programs, and a text for language models."""

    @abstractmethod
    def as_text(self) -> str:
        """The result in words."""


class SearchArguments(ToolArguments):
    """See the tool `search`."""

    query: str = Field(min_length=1, max_length=_MAX_CHARACTERS)
    """The question, or what it is about, in Chinese or English."""
    collection: str = Field(default="", max_length=63)
    """Id of the collection to search, such as help. Empty: all that the key may search."""
    language: str = Field(default="", max_length=20)
    """Only passages in this language: zh, en or another ISO 639-1 code. Empty: all."""
    limit: int = Field(default=5, ge=1, le=50)
    """Most passages to return."""

    def request(self) -> knowledge_pb2.SearchRequest:
        """The call that this asks for."""
        return knowledge_pb2.SearchRequest(
            query=self.query,
            collections=[f"collections/{self.collection}"] if self.collection else [],
            languages=[self.language] if self.language else [],
            top_k=self.limit,
        )


class Passage(_Message):
    """A passage that was found."""

    title: str
    """Title of the document, and the headings above the passage."""
    uri: str
    """Address of the document for customers, or empty."""
    text: str
    language: str
    relevance: float
    """How likely it bears on the query, 0 to 1."""
    document: str
    """Name of the document: collections/…/documents/…"""


class SearchResult(ToolResult):
    """See the tool `search`."""

    passages: list[Passage]
    """Best first."""

    @classmethod
    def of(cls, response: knowledge_pb2.SearchResponse) -> "SearchResult":
        """The result of a search."""
        found = ((hit, _without_instructions(hit)) for hit in response.hits)
        return cls(
            passages=[
                Passage(
                    title=_title(hit.passage.title, hit.passage.headings),
                    uri=hit.passage.uri,
                    text=text,
                    language=hit.passage.language,
                    relevance=round(hit.relevance, 3),
                    document=hit.passage.name.partition("/passages/")[0],
                )
                for hit, text in found
                if text
            ]
        )

    def as_text(self) -> str:
        """The passages, with their titles above them."""
        blocks = (
            f"[{number}] {_source(passage.title, passage.uri)}\n{passage.text}"
            for number, passage in enumerate(self.passages, start=1)
        )
        return "\n\n".join(blocks) or "Nothing was found."


class AskArguments(ToolArguments):
    """See the tool `ask`."""

    question: str = Field(min_length=1, max_length=_MAX_CHARACTERS)
    """What the customer wants to know, in the customer's own words."""
    session: str = Field(default="", max_length=100)
    """The `session` of an earlier answer, to go on in its conversation. Empty: a new conversation."""

    def request(self) -> chat_pb2.ConverseRequest:
        """The call that this asks for."""
        return chat_pb2.ConverseRequest(session=self.session or "sessions/-", text=self.question)


class CitedSource(_Message):
    """A passage that the answer cites."""

    number: int
    """What stands in brackets in the answer: [1]."""
    title: str
    """Title of the document, and the headings above the passage."""
    uri: str
    """Address of the document for customers, or empty."""


class Answer(ToolResult):
    """See the tool `ask`."""

    answer: str
    """Kefu's answer; or, when it is handed over, what the customer is to be told. Empty while a person answers."""
    citations: list[CitedSource]
    handed_over: bool
    """Whether a person takes over, because Kefu does not answer this."""
    session: str
    """Name of the conversation, with which the next question goes on in it."""

    def as_text(self) -> str:
        """The answer with its sources, and how to go on."""
        sources = "\n".join(f"[{cited.number}] {_source(cited.title, cited.uri)}" for cited in self.citations)
        handed_over = "This was handed over: a person takes care of it." if self.handed_over else ""
        go_on = f"To go on in this conversation, ask with session {self.session}."
        return "\n\n".join(part for part in (self.answer, sources, handed_over, go_on) if part)


class UnansweredArguments(ToolArguments):
    """See the tool `unanswered`."""

    limit: int = Field(default=20, ge=1, le=100)
    """Most groups of questions to return."""

    def request(self) -> insight_pb2.ListUnansweredRequest:
        """The call that this asks for."""
        return insight_pb2.ListUnansweredRequest(page_size=self.limit)


class UnansweredQuestion(_Message):
    """Questions about the same."""

    question: str
    """The most central of them, personal data replaced by placeholders."""
    count: int
    """How many were asked."""
    language: str
    reason: str
    """Why it was handed over, such as REASON_NOTHING_RELEVANT; RATED_DOWN when the answer was rated down."""
    reply: str
    """What a person replied to it, or empty: an answer in the making."""


class UnansweredResult(ToolResult):
    """See the tool `unanswered`."""

    questions: list[UnansweredQuestion]
    """Most frequent first."""
    total: int
    """Questions in all, those beyond `limit` too."""

    @classmethod
    def of(cls, response: insight_pb2.ListUnansweredResponse) -> "UnansweredResult":
        """The result of a call of ListUnanswered."""
        return cls(
            questions=[
                UnansweredQuestion(
                    question=group.central.text,
                    count=group.count,
                    language=group.central.language,
                    reason=_reason(group.central),
                    reply=group.central.reply,
                )
                for group in response.groups
            ],
            total=response.total_questions,
        )

    def as_text(self) -> str:
        """A line for each group."""
        lines = (f"{each.count} × {each.question} ({each.reason})" for each in self.questions)
        return "\n".join(lines) or "No question is unanswered."


def cited_sources(numbers: Iterable[int], passages: Iterable[chat_pb2.SourcePassage]) -> list[CitedSource]:
    """The sources with these numbers, in order, each once."""
    cited = frozenset(numbers)
    return [
        CitedSource(number=passage.number, title=_title(passage.title, passage.headings), uri=passage.uri)
        for passage in sorted(passages, key=lambda passage: passage.number)
        if passage.number in cited
    ]


def _title(title: str, headings: Iterable[str]) -> str:
    return " › ".join((title, *headings))


def _source(title: str, uri: str) -> str:
    return f"{title} <{uri}>" if uri else title


def _without_instructions(hit: knowledge_pb2.SearchHit) -> str:
    """The passage's text up to where it gives orders to assistants: the reader of this is one."""
    text = hit.passage.text
    return text[: hit.instructions_from].rstrip() if hit.HasField("instructions_from") else text


def _reason(question: insight_pb2.UnansweredQuestion) -> str:
    return "RATED_DOWN" if question.rated_down else chat_pb2.Handoff.Reason.Name(question.reason)
