"""A source as options of a command say it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kefu.cli.console import CommandFailed
from kefu.cli.remote.document_options import parse_pairs
from kefu.retrieval.v1 import knowledge_pb2
from kefu.retrieval.v1 import source_pb2 as pb

_INTERVAL = re.compile(r"([1-9]\d{0,4})([mhd])", re.ASCII)
_MINUTES = {"m": 1, "h": 60, "d": 1440}


@dataclass(frozen=True)
class OriginOptions:
    """Where documents come from: one of the kinds, with what belongs to it."""

    sitemap: str = ""
    crawl: str = ""
    git: str = ""
    feed: str = ""
    path: str = ""
    s3: str = ""
    recipe: str = ""
    describe: Path | None = None
    prefix: str = ""
    exclude: Sequence[str] = field(default_factory=tuple[str, ...])
    hosts: Sequence[str] = field(default_factory=tuple[str, ...])
    branch: str = ""
    folder: str = ""
    uri_prefix: str = ""
    entry_text: bool = False
    bucket: str = ""
    region: str = ""
    settings: Sequence[str] = field(default_factory=tuple[str, ...])

    def apply(self, source: pb.Source) -> None:
        """Set the origin of a source. Raises CommandFailed unless exactly one kind is given."""
        given = [
            name
            for name in ("sitemap", "crawl", "git", "feed", "path", "s3", "recipe", "describe")
            if getattr(self, name)
        ]
        if len(given) != 1:
            raise CommandFailed(
                "Say where documents come from, by one of --sitemap, --crawl, --git, --feed, --path, --s3, --recipe, "
                "--describe."
            )
        match given[0]:
            case "sitemap":
                source.sitemap.CopyFrom(pb.SitemapOrigin(address=self.sitemap, hosts=self.hosts))
            case "crawl":
                crawl = pb.CrawlOrigin(address=self.crawl, prefix=self.prefix, exclude=self.exclude)
                source.crawl.CopyFrom(crawl)
            case "git":
                git = pb.GitOrigin(address=self.git, branch=self.branch, folder=self.folder, uri_prefix=self.uri_prefix)
                source.git.CopyFrom(git)
            case "feed":
                source.feed.CopyFrom(pb.FeedOrigin(address=self.feed, entry_text=self.entry_text))
            case "path":
                source.folder.CopyFrom(pb.FolderOrigin(path=self.path))
            case "s3":
                s3 = pb.S3Origin(endpoint=self.s3, bucket=self.bucket, prefix=self.prefix, region=self.region)
                source.s3.CopyFrom(s3)
            case _:
                rest = pb.RestOrigin(recipe=self.recipe, settings=dict(parse_pairs("--set", self.settings)))
                rest.description = _read(self.describe) if self.describe else ""
                source.rest.CopyFrom(rest)


def schedule_of(every: str, daily: str) -> pb.SourceSchedule:
    """The schedule that `--every` and `--daily` say. Raises CommandFailed."""
    if not every:
        return pb.SourceSchedule(daily_at=daily)
    found = _INTERVAL.fullmatch(every)
    if not found:
        raise CommandFailed(f"--every {every} is no time between two runs; say 30m, 6h or 1d.")
    return pb.SourceSchedule(every_minutes=int(found[1]) * _MINUTES[found[2]], daily_at=daily)


def audience_of(*, staff: bool) -> knowledge_pb2.Audience.ValueType:
    """The audience that `--staff` says."""
    return knowledge_pb2.AUDIENCE_STAFF if staff else knowledge_pb2.AUDIENCE_EVERYONE


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{file} cannot be read: {error}.") from None
