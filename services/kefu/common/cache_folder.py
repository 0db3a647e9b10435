"""The cache folder: what can be fetched or computed again, and is kept because that takes long."""

from pathlib import Path


def default_cache() -> Path:
    """The cache folder when KEFU_CACHE_DIR is not set."""
    return Path.home() / ".cache" / "kefu"
