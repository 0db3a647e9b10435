"""Local model: a model's folder on this machine, and its fingerprint."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class LocalModel:
    """A model on this machine's disk."""

    name: str
    path: Path
    """A folder in the layout of the model hub, or a GGUF file."""
    fingerprint: str
    """A hash, equal for equal weights, tokenizer and configuration, which names the numbers of the weights."""
    recommended_sampling: dict[str, float] = field(default_factory=dict[str, float])
    """`temperature` and `top_p` of generation_config.json, where it has them."""
