"""vLLM's cards, looked at before it starts: its own refusal comes after minutes of loading."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from kefu.common.errors import StartupError
from kefu.generation.models.card_fit import CardUse, check_fit
from kefu.generation.models.memory_fit import GIB, ModelShape, read_shape, stored_weight_bytes
from kefu.generation.models.nvidia_cards import NvidiaCard, nvidia_cards

_BFLOAT16_CAPABILITY = (8, 0)
_log = structlog.stdlib.get_logger()


def check_cards(folder: Path, config: Any, cards: Sequence[NvidiaCard] | None = None) -> None:
    """Raise StartupError when the model cannot fit; log what is expected of the card, and a warning where it is tight.

    `config` is vLLM's configuration; `cards` are this machine's unless given. What cannot be told is not checked.
    """
    cards = nvidia_cards() if cards is None else cards
    for card in cards:
        if (0, 0) < card.capability < _BFLOAT16_CAPABILITY and str(config.model_config.dtype) == "torch.bfloat16":
            raise StartupError(
                f"{card.name} (compute capability {card.capability[0]}.{card.capability[1]}) has no bfloat16; "
                'take dtype out of KEFU_GENERATION_VLLM_ARGS, or set it there: {"dtype": "float16"}.'
            )
    if config.cache_config.kv_cache_memory_bytes:
        return  # the operator has settled it, and vLLM does not look at the share then
    try:
        shape = read_shape(folder)
        weights = _loaded_weight_bytes(folder, config, shape)
    except StartupError as why:  # vLLM reads more forms than this; its own word counts
        _log.info("engine.memory_unknown", why=str(why))
        return
    use = CardUse(
        utilization=config.cache_config.gpu_memory_utilization,
        cards=config.parallel_config.world_size,
        max_model_tokens=config.model_config.max_model_len,
        max_running=config.scheduler_config.max_num_seqs,
        kv_number_bytes=1 if str(config.cache_config.cache_dtype).startswith("fp8") else 2,
        batched_tokens=config.scheduler_config.max_num_batched_tokens,
    )
    fit = check_fit(shape, weights, cards, use)
    if fit is None:
        _log.info("engine.memory_unknown", why="no card tells its memory")
        return
    _log.info(
        "engine.memory_expected",
        weights_gib=round(fit.need.weights / GIB, 2),
        working_gib=round(fit.need.working / GIB, 2),
        budget_gib=round(fit.budget / GIB, 2),
        kv_tokens=fit.kv_tokens,
    )
    if fit.warning:
        _log.warning("engine.memory_tight", what=fit.warning)


def _loaded_weight_bytes(folder: Path, config: Any, shape: ModelShape) -> int:
    """Bytes of the weights once they are loaded, which are not those on disk where vLLM quantizes while loading."""
    stored_quantized = "quantization_config" in json.loads((folder / "config.json").read_text())
    if config.model_config.quantization and not stored_quantized:
        return shape.weight_bytes("fp8")  # none that vLLM makes while loading is smaller
    if config.load_config.load_format == "dummy":
        return shape.weight_bytes()
    return stored_weight_bytes(folder)
