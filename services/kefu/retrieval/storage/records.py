"""Records of knowledge in Redis as Python objects. Field names are names of hash fields."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np

from kefu.common.metadata_filters import Pairs
from kefu.retrieval.domain.curated_draft import CuratedDraft
from kefu.retrieval.domain.filters import Audience, Facts, Validity
from kefu.retrieval.domain.text_recognition import TextRecognition
from kefu.retrieval.embedders.embedder import HalfVectors

Fields = dict[str, str | bytes]


@dataclass(frozen=True)
class CollectionInfo:
    """The hash `kefu:1:{tenant:collection}:collection`."""

    display_name: str
    embedder: str
    incarnation: str
    """Random: a collection that is deleted and created again under its name has another one. Salt of the word hashes.
    """
    create_time: float
    """Seconds since the epoch, like all times in this module."""

    def fields(self) -> Fields:
        """As hash fields."""
        return {name: str(value) for name, value in asdict(self).items()}

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> "CollectionInfo":
        """Read what `fields` wrote."""
        return cls(fields["display_name"], fields["embedder"], fields["incarnation"], float(fields["create_time"]))


@dataclass(frozen=True)
class DictionaryRecord:
    """The hash `kefu:1:{tenant:collection}:dictionary`; empty without one."""

    text: str = ""
    update_time: float = 0.0

    def fields(self) -> Fields:
        """As hash fields."""
        return {"text": self.text, "update_time": str(self.update_time)}

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> "DictionaryRecord":
        """Read what `fields` wrote."""
        return cls(fields["text"], float(fields["update_time"])) if fields else cls()


@dataclass(frozen=True)
class RevisionMark:
    """Which revision of a document something is, and who brought it."""

    number: int = 1
    """From 1."""
    author: str = ""
    """The subject of a key or a person; empty for documents of earlier releases."""
    origin: str = ""
    """See Revision.origin of the contract."""
    time: float = 0.0
    """0: the document's update_time."""

    def dump(self) -> str:
        """As JSON."""
        return json.dumps([self.number, self.author, self.origin, self.time])

    @classmethod
    def load(cls, value: str) -> "RevisionMark":
        """Read what `dump` wrote."""
        return cls(*json.loads(value))


@dataclass(frozen=True)
class DocumentInfo:
    """The hash `kefu:1:{tenant:collection}:document:{id}`."""

    id: str
    path: str
    title: str
    language: str
    uri: str
    valid_from: str
    valid_until: str
    sha256: str
    """SHA-256 of the imported bytes."""
    import_key: str
    """Hash of all that determines the passages: bytes, title, type, chunking. Equal means unchanged."""
    passages: tuple[str, ...]
    """Ids of the passages, in order."""
    update_time: float
    audience: Audience = Audience.EVERYONE
    metadata: Pairs = ()
    revision: RevisionMark = RevisionMark()
    recognition: TextRecognition | None = None
    """What text recognition has read; None if nothing."""

    @property
    def facts(self) -> Facts:
        """The facts that a search filter reads."""
        return Facts(self.language, Validity(self.valid_from, self.valid_until), self.audience, self.metadata)

    def fields(self) -> Fields:
        """As hash fields."""
        fields: Fields = {name: str(value) for name, value in asdict(self).items()}
        metadata = json.dumps(self.metadata, ensure_ascii=False)
        own = {"passages": " ".join(self.passages), "metadata": metadata, "revision": self.revision.dump()}
        return fields | own | {"recognition": self.recognition.dump() if self.recognition else ""}

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> "DocumentInfo":
        """Read what `fields` wrote."""
        return cls(
            **{
                name: fields[name]
                for name in (
                    *("id", "path", "title", "language", "uri"),
                    *("valid_from", "valid_until", "sha256", "import_key"),
                )
            },
            passages=tuple(fields["passages"].split()),
            update_time=float(fields["update_time"]),
            audience=Audience(fields.get("audience", Audience.EVERYONE)),  # documents of earlier releases have none
            metadata=tuple((key, value) for key, value in json.loads(fields.get("metadata", "[]"))),
            revision=RevisionMark.load(fields["revision"]) if "revision" in fields else RevisionMark(),  # as above
            recognition=TextRecognition.load(fields.get("recognition", "")),
        )


@dataclass(frozen=True)
class PassageText:
    """The text of one passage: a value of the hash `passages:{document}`."""

    text: str
    headings: tuple[str, ...] = ()
    page: int = 0
    """Page on which it begins, from 1; 0 where the format has none."""

    def dump(self) -> bytes:
        """As JSON: text and headings, with the page before them if there is one."""
        parts = [self.page, self.text, *self.headings] if self.page else [self.text, *self.headings]
        return json.dumps(parts, ensure_ascii=False).encode()

    @classmethod
    def load(cls, value: bytes) -> "PassageText":
        """Read what `dump` wrote."""
        parts = json.loads(value)
        page = parts.pop(0) if isinstance(parts[0], int) else 0
        return cls(parts[0], tuple(parts[1:]), page)

    def indexed_text(self, title: str) -> str:
        """The text that is embedded and indexed, as chunking.py made it."""
        return "\n".join(filter(None, (title, " > ".join(self.headings), self.text))).strip()


@dataclass(frozen=True)
class CuratedRecord:
    """The hash `kefu:1:{tenant:collection}:curated:{id}`."""

    id: str
    questions: tuple[str, ...]
    answer: str
    language: str
    valid_from: str
    valid_until: str
    update_time: float
    embedder: str
    vectors: HalfVectors = field(compare=False, repr=False)
    """One row for each question."""
    priority: int = 0
    audience: Audience = Audience.EVERYONE

    @classmethod
    def from_draft(
        cls, draft: CuratedDraft, vectors: HalfVectors, embedder: str, answer_id: str = ""
    ) -> "CuratedRecord":
        """A draft as a record of this moment, under the draft's id unless another is given."""
        return cls(
            id=answer_id or draft.id,
            questions=draft.questions,
            answer=draft.answer,
            language=draft.language,
            valid_from=draft.valid_from,
            valid_until=draft.valid_until,
            update_time=time.time(),
            embedder=embedder,
            vectors=vectors,
            priority=draft.priority,
            audience=draft.audience,
        )

    @property
    def validity(self) -> Validity:
        """The days on which the answer is valid."""
        return Validity(self.valid_from, self.valid_until)

    def fields(self) -> Fields:
        """As hash fields."""
        return {
            "id": self.id,
            "questions": json.dumps(self.questions, ensure_ascii=False),
            "answer": self.answer,
            "language": self.language,
            "valid_from": self.valid_from,
            "valid_until": self.valid_until,
            "update_time": str(self.update_time),
            "embedder": self.embedder,
            "vectors": dump_vectors(self.vectors),
            "priority": str(self.priority),
            "audience": self.audience,
        }

    @classmethod
    def from_fields(cls, fields: Mapping[str, bytes]) -> "CuratedRecord":
        """Read what `fields` wrote."""
        text = {name: value.decode() for name, value in fields.items() if name != "vectors"}
        questions = tuple(json.loads(text["questions"]))
        return cls(
            id=text["id"],
            questions=questions,
            answer=text["answer"],
            language=text["language"],
            valid_from=text["valid_from"],
            valid_until=text["valid_until"],
            update_time=float(text["update_time"]),
            embedder=text["embedder"],
            vectors=load_vectors(fields["vectors"], len(questions)),
            priority=int(text.get("priority", "0")),  # records of earlier releases have none
            audience=Audience(text.get("audience", Audience.EVERYONE)),  # as above
        )


def dump_vectors(vectors: HalfVectors) -> bytes:
    """Rows of vectors as float16, little-endian, one after another."""
    return np.ascontiguousarray(vectors, "<f2").tobytes()


def load_vectors(value: bytes, rows: int) -> HalfVectors:
    """Read a number of rows that `dump_vectors` wrote."""
    return np.frombuffer(value, "<f2").reshape(rows, -1).astype(np.float16)


def split_vectors(raw: Mapping[str, bytes], dimension: int) -> dict[str, HalfVectors]:
    """Read what `dump_vectors` wrote of several passages, by passage id. `dimension` gives the number of rows."""
    return {each: load_vectors(value, len(value) // (2 * dimension)) for each, value in raw.items()}


def document_id(path: str) -> str:
    """Id of the document at a path: the same path is the same document."""
    return hashlib.sha256(path.encode()).hexdigest()[:20]


def embedder_tag(embedder: str) -> str:
    """A short name of an embedder, for keys."""
    return hashlib.sha256(embedder.encode()).hexdigest()[:8]
