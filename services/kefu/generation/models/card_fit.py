"""Card fit: whether a model fits the cards it is to run on, and what to change when it does not."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kefu.common.errors import StartupError
from kefu.generation.models.memory_fit import GIB, MemoryNeed, ModelShape, read_shape, stored_weight_bytes
from kefu.generation.models.nvidia_cards import NvidiaCard

_BATCHED_TOKENS = ((160 * GIB, 16_384), (70 * GIB, 8192), (0, 2048))
"""By a card's least memory: what `vllm serve` 0.32 batches by default, but for the A100, which gets the least."""
_MOST_CARDS = 8


@dataclass(frozen=True)
class CardUse:
    """How an engine uses its cards; GenerationConfig describes each."""

    utilization: float
    """Share of a card's memory, 0 to 1."""
    cards: int
    """Cards over which the model is split."""
    max_model_tokens: int
    max_running: int
    kv_number_bytes: int = 2
    batched_tokens: int = 0
    """0: vLLM's default for the card."""


@dataclass(frozen=True)
class CardFit:
    """A model on a card, by estimate. Bytes are those of one card."""

    need: MemoryNeed
    budget: int
    kv_tokens: int
    """Tokens of prompts and answers that the key/value cache holds at once."""
    warning: str = ""
    """What will probably go wrong, and what to set; empty: nothing."""


def batched_tokens(total: int, name: str = "") -> int:
    """Tokens that vLLM batches by default on a card with this memory."""
    if "a100" in name.lower():
        return _BATCHED_TOKENS[-1][1]
    return next(tokens for least, tokens in _BATCHED_TOKENS if total >= least)


def card_need(shape: ModelShape, weights: int, card: NvidiaCard, use: CardUse) -> MemoryNeed:
    """What a model with `weights` bytes in all needs of one of its cards."""
    batched = use.batched_tokens or batched_tokens(card.total or 0, card.name)
    working = shape.working_bytes(batched, use.max_running, use.cards)
    return MemoryNeed(weights // use.cards, shape.kv_bytes_per_token(use.kv_number_bytes, use.cards), working)


def check_fit(shape: ModelShape, weights: int, cards: Sequence[NvidiaCard], use: CardUse) -> CardFit | None:
    """The fit, with a warning where it is likely too tight. None: no card tells its memory.

    Raises StartupError when vLLM would surely refuse: too few cards, too little free, or weights above their share.
    """
    if 0 < len(cards) < use.cards:
        raise StartupError(
            f"KEFU_GENERATION_TENSOR_PARALLEL_SIZE={use.cards} wants {use.cards} GPUs, and {len(cards)} can be seen "
            "here; ask for more, or set it lower."
        )
    told = [card for card in cards[: use.cards] if card.total is not None]
    if not told:
        return None
    card = min(told, key=lambda one: (one.total or 0, one.free or 0))
    total, free = card.total or 0, card.free
    budget = int(total * use.utilization)
    need = card_need(shape, weights, card, use)
    if need.weights > budget:
        raise StartupError(
            f"The weights take {_gib(need.weights)} of each GPU, and KEFU_GENERATION_GPU_MEMORY_UTILIZATION="
            f"{use.utilization:g} of {card.name} is {_gib(budget)}. {_what_helps(shape, weights, card, use)}"
        )
    if free is not None and free < budget:
        share = int(free / total * 100) / 100
        raise StartupError(
            f"Of {card.name} (GPU {card.index}) {_gib(free)} are free, and KEFU_GENERATION_GPU_MEMORY_UTILIZATION="
            f"{use.utilization:g} wants {_gib(budget)}. End what else uses it (nvidia-smi lists it), or set that to "
            f"{share:.2f} or less."
        )
    tokens = need.kv_tokens(budget)
    return CardFit(need, budget, tokens, _warning(tokens, card, use))


def check_folder(folder: Path, cards: Sequence[NvidiaCard], use: CardUse, weights: int | None = None) -> CardFit | None:
    """`check_fit` of a model folder. `weights`: bytes on the cards, where they are not those on disk."""
    return check_fit(read_shape(folder), stored_weight_bytes(folder) if weights is None else weights, cards, use)


def _warning(tokens: int, card: NvidiaCard, use: CardUse) -> str:
    if tokens >= use.max_model_tokens:
        return ""
    return (
        f"{card.name} will probably be too small: by estimate its key/value cache holds {tokens:,} tokens, and one "
        f"request may have {use.max_model_tokens:,}. Set KEFU_GENERATION_MAX_MODEL_TOKENS or "
        "KEFU_GENERATION_MAX_RUNNING lower, or take a smaller or a quantized model."
    )


def _what_helps(shape: ModelShape, weights: int, card: NvidiaCard, use: CardUse) -> str:
    budget = int((card.total or 0) * use.utilization)
    for cards in range(use.cards + 1, _MOST_CARDS + 1):
        if shape.heads % cards == 0 and weights // cards + shape.working_bytes(2048, use.max_running, cards) < budget:
            return (
                f"Take a smaller or a quantized model, or split it over {cards} such GPUs "
                f"(KEFU_GENERATION_TENSOR_PARALLEL_SIZE={cards})."
            )
    return "Take a smaller or a quantized model."


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"
