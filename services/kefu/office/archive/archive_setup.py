"""The archive with its store, opened in one place."""

from kefu.common.errors import StartupError
from kefu.common.redis.commands import RedisCommands
from kefu.office.archive.archive import Archive
from kefu.office.archive.archiver import ArchiveTimes
from kefu.office.archive.object_names import PeopleNames
from kefu.router.config import RouterConfig
from kefu.router.conversations.attachments.attachments_setup import s3_access
from kefu.router.conversations.attachments.encryption import FileCipher
from kefu.router.conversations.attachments.file_store import open_file_store
from kefu.router.storage.archive_marks import ArchiveMarks

_SECONDS_A_DAY = 86_400
_SHARE_OF_LIFE = 8
"""A session is looked at this often in its life, at least."""


def make_archive(config: RouterConfig, commands: RedisCommands) -> Archive:
    """The archive of a configuration. Raises StartupError where its store cannot be opened."""
    files = None
    if config.archive:
        try:
            files = open_file_store(config.archive, s3_access(config), what="The archive's store")
        except (ValueError, OSError) as error:
            raise StartupError(f"KEFU_ROUTER_ARCHIVE cannot be used: {error}.") from None
    return Archive(
        files,
        FileCipher(config.secrets_keys),
        PeopleNames(config.secrets_keys),
        ArchiveMarks(commands),
        place=config.archive,
        days=config.archive_days,
        encrypts=config.archive_encrypted,
    )


def archive_times(config: RouterConfig, pause: float) -> ArchiveTimes:
    """When conversations are written: well before the end of a session, however short its life is."""
    life = config.session_life
    return ArchiveTimes(
        quiet=min(config.archive_quiet_seconds, life / _SHARE_OF_LIFE),
        kept=config.archive_days * _SECONDS_A_DAY,
        pause=min(pause, life / _SHARE_OF_LIFE),
    )
