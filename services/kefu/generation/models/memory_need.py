"""Memory need: what llama.cpp takes for a model, and the refusal of a model that is larger than what there is."""

from dataclasses import dataclass

from kefu.common.errors import StartupError

SPARE_BYTES = 500_000_000
"""Left free by a model that is chosen automatically: for the engine's buffers, and all else on the machine."""
_ANSWERS_PER_CORE = 4
"""More answers at once make each slower and all together no faster."""


@dataclass(frozen=True)
class KvBudget:
    """Limits of llama.cpp's key/value cache; GenerationConfig describes each."""

    max_model_tokens: int
    max_running: int
    kv_cache_gib: float
    cores: float

    def answer_tokens(self, context_tokens: int) -> int:
        """Most tokens of one answer and its prompt, for a model of this context length (0: not known)."""
        return min(self.max_model_tokens, context_tokens or self.max_model_tokens)

    def answers(self, kv_bytes_per_token: int, context_tokens: int = 0) -> int:
        """Answers at once: as many whole ones as the cache holds and the cores can write, and one at least."""
        one = self.answer_tokens(context_tokens) * kv_bytes_per_token
        fitting = int(self.kv_cache_gib * 2**30) // max(one, 1)
        return max(1, min(self.max_running, _ANSWERS_PER_CORE * max(int(self.cores), 1), fitting))

    def bytes_for(self, kv_bytes_per_token: int, context_tokens: int = 0) -> int:
        """Bytes of the cache for all of them."""
        answers = self.answers(kv_bytes_per_token, context_tokens)
        return answers * self.answer_tokens(context_tokens) * kv_bytes_per_token


def check_memory(name: str, weights: int, kv: int, available: int) -> None:
    """Raise StartupError, with all numbers, when weights and key/value cache do not fit into `available` bytes."""
    if weights + kv > available:
        raise StartupError(
            f"{name} needs {(weights + kv) / 1e9:.1f} GB of memory ({weights / 1e9:.1f} of weights, {kv / 1e9:.1f} of "
            f"key/value cache), and {available / 1e9:.1f} GB are available. Take a smaller model (`kefu models` shows "
            "which fit), lower KEFU_GENERATION_KV_CACHE_GIB or KEFU_GENERATION_MAX_MODEL_TOKENS, or end something."
        )
