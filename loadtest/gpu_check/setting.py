"""Setting of a run: what is checked, with which load, and where; the same for every step."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kefu.generation.models.card_fit import CardUse
from kefu.generation.models.nvidia_cards import NvidiaCard
from loadtest.bench.process import PortAllocator

LEVELS = (1, 16, 64, 256)
"""Answers at once."""


@dataclass(frozen=True)
class Setting:
    """What is checked, and how."""

    model: Path
    """Folder of the model, in the layout of the model hub."""
    device: Literal["cuda", "cpu"]
    """cpu: a rehearsal."""
    cards: tuple[NvidiaCard, ...]
    logs: Path
    """Folder for the processes' logs and what the steps leave."""
    ports: PortAllocator
    internal_key: str
    levels: tuple[int, ...] = LEVELS
    prompts_per_level: int = 4
    """Prompts of a level, times the answers at once."""
    answer_tokens: int = 128
    """Most tokens of an answer that is timed."""
    utilization: float = 0.9
    """Share of the card for one replica."""
    tensor_parallel_size: int = 1
    max_model_tokens: int = 8192
    max_running: int = 256
    start_seconds: float = 900.0
    """A replica that is not ready after this has failed; the same budget as the startup probe's on Kubernetes."""

    def use_of_cards(self, utilization: float) -> CardUse:
        """How a replica with this share uses its cards."""
        return CardUse(utilization, self.tensor_parallel_size, self.max_model_tokens, self.max_running)
