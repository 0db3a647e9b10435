"""A model on this machine: its folder, its fingerprint, and where downloads are kept."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class LocalModel:
    """A model on this machine's disk."""

    name: str
    path: Path
    """A folder in the layout of the model hub."""
    fingerprint: str
    """Equal for equal weights, tokenizer and configuration, which names the weights' numbers."""
    recommended_sampling: dict[str, float] = field(default_factory=dict[str, float])
    """`temperature` and `top_p` of its generation_config.json, where it names them."""


def default_cache() -> Path:
    """Where models are kept unless KEFU_CACHE_DIR says otherwise."""
    return Path.home() / ".cache" / "kefu"
