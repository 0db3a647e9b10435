"""A source as it is stored: where knowledge comes from, when it is fetched, and how much of it."""

import hashlib
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Discriminator, TypeAdapter

from kefu.common.metadata_filters import Pairs
from kefu.retrieval.documents import chunking, parse
from kefu.retrieval.domain.filters import Audience

KEPT_SYNCS = 50
"""Runs of a source that are kept."""
MAX_SOURCES = 100
"""Sources of one collection."""


@dataclass(frozen=True)
class SitemapOrigin:
    """The pages that a sitemap lists, on its own host and on `hosts`."""

    address: str
    hosts: tuple[str, ...] = ()
    kind: Literal["sitemap"] = "sitemap"


@dataclass(frozen=True)
class CrawlOrigin:
    """The pages below a prefix that links lead to."""

    address: str
    prefix: str = ""
    """Addresses begin with it. Empty: the folder of `address`."""
    exclude: tuple[str, ...] = ()
    """Addresses that begin with one of these are left out."""
    kind: Literal["crawl"] = "crawl"


@dataclass(frozen=True)
class GitOrigin:
    """The files of a folder in a Git repository, over HTTPS."""

    address: str
    branch: str = ""
    """Empty: the one that HEAD names."""
    folder: str = ""
    uri_prefix: str = ""
    """A document's address for customers is this and its path in `folder`, without the ending. Empty: none."""
    kind: Literal["git"] = "git"


@dataclass(frozen=True)
class FeedOrigin:
    """The entries of an RSS or Atom feed. What a feed no longer lists stays: feeds list what is new."""

    address: str
    entry_text: bool = False
    """Take the text that stands in the feed, rather than the page that the entry links to."""
    kind: Literal["feed"] = "feed"


@dataclass(frozen=True)
class FolderOrigin:
    """The files of a folder that the retrieval service can read, within KEFU_RETRIEVAL_SOURCE_FOLDERS."""

    path: str
    kind: Literal["folder"] = "folder"


@dataclass(frozen=True)
class S3Origin:
    """The objects of a bucket. The secret is "ACCESS_KEY:SECRET_KEY"; without one the bucket is read as a stranger."""

    endpoint: str
    """Such as https://s3.eu-central-1.amazonaws.com; the bucket is in the path."""
    bucket: str
    prefix: str = ""
    region: str = "us-east-1"
    kind: Literal["s3"] = "s3"


@dataclass(frozen=True)
class RestOrigin:
    """The documents of a system that answers in JSON, as a recipe describes it."""

    recipe: str = ""
    """A recipe that comes with Kefu; empty: `description`."""
    settings: tuple[tuple[str, str], ...] = ()
    """What the recipe asks for, such as its `site`."""
    description: str = ""
    """A recipe of one's own, in TOML."""
    kind: Literal["rest"] = "rest"


Origin = SitemapOrigin | CrawlOrigin | GitOrigin | FeedOrigin | FolderOrigin | S3Origin | RestOrigin


@dataclass(frozen=True)
class Schedule:
    """When a source is fetched by itself: every some minutes, or once a day. Neither: when asked to."""

    every_minutes: int = 0
    daily_at: str = ""
    """As "03:30", in UTC."""


@dataclass(frozen=True)
class Limits:
    """What one run may take."""

    documents: int = 5_000
    document_bytes: int = 16 * 1024 * 1024
    total_bytes: int = 512 * 1024 * 1024
    depth: int = 20
    """Links from the first page to the last one, in a crawl."""
    requests_per_second: float = 5.0
    """To one host."""
    seconds: float = 3_600.0


@dataclass(frozen=True)
class Source:
    """A source. `revision` changes with whatever may change what its documents become."""

    id: str
    origin: Annotated[Origin, Discriminator("kind")]
    display_name: str = ""
    schedule: Schedule = Schedule()
    limits: Limits = Limits()
    secret: str = ""
    """Id of a tenant's secret."""
    language: str = ""
    audience: Audience = Audience.EVERYONE
    metadata: Pairs = ()
    missing_runs: int = 3
    """A document that is missing in so many runs, one after the other, goes."""
    forbidden_is_missing: bool = False
    """Whether what robots.txt forbids counts as missing."""
    most_gone: float = 0.2
    """A run that would take more than this share of the documents away is held."""
    paused: bool = False
    unchecked: bool = False
    """Whether its changes go live without the golden questions."""
    push_hash: str = ""
    """SHA-256 of the token that lets others start a run, in hex."""
    create_time: float = 0.0
    """Seconds since the epoch, as `update_time`."""
    update_time: float = 0.0

    @property
    def revision(self) -> str:
        """Hash of all that decides what the same bytes become: with another one nothing counts as unchanged unseen."""
        parts = (
            *(chunking.VERSION, parse.VERSION, self.origin, self.language, self.audience, self.metadata),
            *(self.limits.documents, self.limits.depth),
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


SOURCE = TypeAdapter(Source)


@dataclass(frozen=True)
class Item:
    """What is known of one document of a source, by its address there."""

    path: str
    """Path of the document in the collection. It stays when the document moves."""
    key: str = ""
    """Import key of the document as it was imported last; empty: it never was."""
    content: str = ""
    """SHA-256 of its bytes then."""
    etag: str = ""
    modified: str = ""
    """The Last-Modified of the answer, or another version of what is there."""
    length: int = 0
    """Characters of its text then."""
    missing: int = 0
    """Runs, one after the other, in which it was missing."""


ITEM = TypeAdapter(Item)
Outcome = Literal["added", "changed", "moved", "gone", "failed", "missing", "forbidden", "unchanged"]
OUTCOMES: tuple[Outcome, ...] = ("added", "changed", "moved", "gone", "failed", "missing", "forbidden", "unchanged")


@dataclass(frozen=True)
class DocumentOutcome:
    """What became of one document in a run. Unchanged ones are counted only."""

    outcome: Outcome
    address: str
    path: str = ""
    reason: str = ""
    """A sentence."""
    moved_from: str = ""


SyncState = Literal["queued", "running", "done", "held", "failed", "dismissed", "superseded"]
Trigger = Literal["schedule", "request", "push", "approval"]


@dataclass(frozen=True)
class Sync:
    """One run of a source. Times are seconds since the epoch; 0: not yet."""

    id: str
    state: SyncState = "queued"
    trigger: Trigger = "schedule"
    create_time: float = 0.0
    start_time: float = 0.0
    end_time: float = 0.0
    attempts: int = 0
    phase: Literal["", "fetching", "judging", "applying", "checking"] = ""
    seen: int = 0
    """Documents that were looked at."""
    to_apply: int = 0
    applied: int = 0
    counts: dict[str, int] = field(default_factory=dict[str, int])
    message: str = ""
    """Why it failed or is held, or what is to be known of it: sentences."""


SYNC = TypeAdapter(Sync)
OUTCOME_LIST = TypeAdapter(list[DocumentOutcome])
