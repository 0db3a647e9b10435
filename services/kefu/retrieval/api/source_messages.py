"""Conversion of sources and their runs to messages of the contract, and back."""

from collections.abc import Mapping

from kefu.common.errors import BadRequest
from kefu.common.metadata_filters import checked_metadata
from kefu.common.resource_names import check_id, parse_name
from kefu.retrieval.api.messages import audience_message, audience_of, document_name, timestamp
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.sources.fetching.recipe import Recipe
from kefu.retrieval.sources.source import (
    CrawlOrigin,
    DocumentOutcome,
    FeedOrigin,
    FolderOrigin,
    GitOrigin,
    Limits,
    Origin,
    RestOrigin,
    S3Origin,
    Schedule,
    SitemapOrigin,
    Source,
    Sync,
)
from kefu.retrieval.sources.source_service import SourceView
from kefu.retrieval.storage.records import document_id
from kefu.retrieval.v1 import source_pb2 as pb


def source_of(message: pb.Source) -> tuple[str, Source]:
    """The collection of a source, and the source, of whose values only the form was checked. Raises BadRequest."""
    collection, source_id = parse_name("source.name", message.name, "collections", "sources")
    defaults, given = Limits(), message.limits
    secret = parse_name("source.secret", message.secret, "secrets")[0] if message.secret else ""
    return collection, Source(
        id=check_id("source.name", source_id),
        origin=_origin(message),
        display_name=message.display_name.strip(),
        schedule=Schedule(message.schedule.every_minutes, message.schedule.daily_at),
        limits=Limits(
            documents=given.documents or defaults.documents,
            document_bytes=given.document_bytes or defaults.document_bytes,
            total_bytes=given.total_bytes or defaults.total_bytes,
            depth=given.depth or defaults.depth,
            requests_per_second=given.requests_per_second or defaults.requests_per_second,
            seconds=given.seconds or defaults.seconds,
        ),
        secret=secret,
        language=message.language,
        audience=audience_of("source.audience", message.audience),
        metadata=checked_metadata("source.metadata", message.metadata),
        missing_runs=message.missing_runs or 3,
        forbidden_is_missing=message.forbidden_is_missing,
        most_gone=round(message.most_gone, 4) or 0.2,
        paused=message.paused,
        unchecked=message.unchecked,
    )


def _origin(message: pb.Source) -> Origin:
    match message.WhichOneof("origin"):
        case "sitemap":
            return SitemapOrigin(message.sitemap.address, tuple(message.sitemap.hosts))
        case "crawl":
            crawl = message.crawl
            return CrawlOrigin(crawl.address, crawl.prefix, tuple(crawl.exclude))
        case "git":
            git = message.git
            return GitOrigin(git.address, git.branch, git.folder, git.uri_prefix)
        case "feed":
            return FeedOrigin(message.feed.address, message.feed.entry_text)
        case "folder":
            return FolderOrigin(message.folder.path)
        case "s3":
            s3 = message.s3
            return S3Origin(s3.endpoint, s3.bucket, s3.prefix, s3.region or "us-east-1")
        case "rest":
            rest = message.rest
            return RestOrigin(rest.recipe, tuple(sorted(rest.settings.items())), rest.description)
        case _:
            raise BadRequest("source.origin", "must be set: sitemap, crawl, git, feed, folder, s3 or rest.")


def source_message(key: CollectionKey, view: SourceView) -> pb.Source:
    """The message of a source, with its state."""
    source, limits = view.source, view.source.limits
    message = pb.Source(
        name=source_name(key, source.id),
        display_name=source.display_name,
        schedule=pb.SourceSchedule(every_minutes=source.schedule.every_minutes, daily_at=source.schedule.daily_at),
        limits=pb.SourceLimits(
            documents=limits.documents,
            document_bytes=limits.document_bytes,
            total_bytes=limits.total_bytes,
            depth=limits.depth,
            requests_per_second=limits.requests_per_second,
            seconds=int(limits.seconds),
        ),
        secret=f"secrets/{source.secret}" if source.secret else "",
        language=source.language,
        audience=audience_message(source.audience),
        metadata=dict(source.metadata),
        missing_runs=source.missing_runs,
        forbidden_is_missing=source.forbidden_is_missing,
        most_gone=source.most_gone,
        paused=source.paused,
        unchecked=source.unchecked,
        create_time=timestamp(source.create_time),
        update_time=timestamp(source.update_time),
        status=_status(key, view),
    )
    _set_origin(message, source.origin)
    return message


def _set_origin(message: pb.Source, origin: Origin) -> None:
    match origin:
        case SitemapOrigin():
            message.sitemap.CopyFrom(pb.SitemapOrigin(address=origin.address, hosts=origin.hosts))
        case CrawlOrigin():
            crawl = pb.CrawlOrigin(address=origin.address, prefix=origin.prefix, exclude=origin.exclude)
            message.crawl.CopyFrom(crawl)
        case GitOrigin():
            message.git.CopyFrom(
                pb.GitOrigin(
                    address=origin.address, branch=origin.branch, folder=origin.folder, uri_prefix=origin.uri_prefix
                )
            )
        case FeedOrigin():
            message.feed.CopyFrom(pb.FeedOrigin(address=origin.address, entry_text=origin.entry_text))
        case FolderOrigin():
            message.folder.CopyFrom(pb.FolderOrigin(path=origin.path))
        case S3Origin():
            message.s3.CopyFrom(
                pb.S3Origin(endpoint=origin.endpoint, bucket=origin.bucket, prefix=origin.prefix, region=origin.region)
            )
        case RestOrigin():
            message.rest.CopyFrom(
                pb.RestOrigin(recipe=origin.recipe, settings=dict(origin.settings), description=origin.description)
            )


def _status(key: CollectionKey, view: SourceView) -> pb.SourceStatus:
    def run(sync: Sync | None) -> pb.Sync | None:
        return None if sync is None else sync_message(key, view.source.id, sync)

    return pb.SourceStatus(
        document_count=view.documents,
        next_time=None if view.next_time is None else timestamp(view.next_time),
        last_good_time=timestamp(view.good_time) if view.good_time else None,
        running=run(view.running),
        held=run(view.held),
        last=run(view.last),
    )


def source_name(key: CollectionKey, source: str) -> str:
    """The name of a source."""
    return f"collections/{key.collection}/sources/{source}"


def sync_message(key: CollectionKey, source: str, sync: Sync) -> pb.Sync:
    """The message of a run."""
    counts: Mapping[str, int] = sync.counts
    return pb.Sync(
        name=f"{source_name(key, source)}/syncs/{sync.id}",
        state=pb.Sync.State.Value(f"STATE_{sync.state.upper()}"),
        trigger=pb.Sync.Trigger.Value(f"TRIGGER_{sync.trigger.upper()}"),
        phase=pb.Sync.Phase.Value(f"PHASE_{sync.phase.upper()}") if sync.phase else pb.Sync.PHASE_UNSPECIFIED,
        create_time=timestamp(sync.create_time),
        start_time=timestamp(sync.start_time) if sync.start_time else None,
        end_time=timestamp(sync.end_time) if sync.end_time else None,
        seen=sync.seen,
        to_apply=sync.to_apply,
        applied=sync.applied,
        counts=pb.SyncCounts(**counts),
        message=sync.message,
        attempts=sync.attempts,
    )


def outcome_message(key: CollectionKey, outcome: DocumentOutcome) -> pb.DocumentOutcome:
    """The message of what became of a document."""
    return pb.DocumentOutcome(
        outcome=pb.DocumentOutcome.Outcome.Value(f"OUTCOME_{outcome.outcome.upper()}"),
        address=outcome.address,
        document=document_name(key, document_id(outcome.path)) if outcome.path else "",
        reason=outcome.reason,
        moved_from=outcome.moved_from,
    )


def recipe_message(recipe_id: str, recipe: Recipe) -> pb.Recipe:
    """The message of a recipe."""
    return pb.Recipe(id=recipe_id, title=recipe.title, settings=dict(recipe.asks or {}), secret=recipe.secret)
