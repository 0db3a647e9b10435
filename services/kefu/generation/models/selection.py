"""
Model selection: which models of the catalog a machine can run, and how fast, from what the smallest one did there.

A prompt is read as fast as the machine multiplies, so its time grows with the parameters. An answer is written as fast
as the machine reads its memory, so its time grows with the bytes of the file. SMALLEST, which is measured, is of ggml's
older formats; the others are faster for their size by the factors below.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kefu.generation.models.catalog import SMALLEST, NamedModel
from kefu.generation.models.memory_need import SPARE_BYTES, KvBudget

PROMPT_TOKENS = 250
"""Of a typical answer: tokens of the prompt that are not in the prefix cache."""
ANSWER_TOKENS = 60
"""Of a typical answer: tokens written."""
_READS_FASTER, _WRITES_FASTER = 1.5, 1.2
"""What a file of ggml's newer formats gains. Measured once, on two cores of an AMD EPYC with AVX2: 1.56 and 1.22, with
the 1.5B beside the 0.5B model (docs/guides/models.md)."""


@dataclass(frozen=True)
class MachineSpeed:
    """Tokens a second with SMALLEST, one answer at a time."""

    prefill: float
    """Of a prompt read."""
    decode: float
    """Of an answer written."""


@dataclass(frozen=True)
class MachineLimits:
    """What a model has to fit into."""

    answer_seconds: float
    """Longest time of a typical answer."""
    memory: int
    """Bytes that may be taken."""
    cores: float
    kv: KvBudget


@dataclass(frozen=True)
class Candidate:
    """A model of the catalog on this machine."""

    model: NamedModel
    answer_seconds: float | None
    """Predicted time of a typical answer; None where the machine was not measured."""
    memory: int
    """Bytes that it needs, what is to stay free included."""
    is_fast_enough: bool
    fits_memory: bool

    @property
    def fits(self) -> bool:
        """Whether auto may take it, as far as the machine is concerned."""
        return self.is_fast_enough and self.fits_memory


def answer_seconds(model: NamedModel, speed: MachineSpeed) -> float:
    """Predicted time of a typical answer."""
    reads, writes = (1.0, 1.0) if model.has_old_quants else (_READS_FASTER, _WRITES_FASTER)
    prefill = speed.prefill * reads * SMALLEST.layer_parameters / model.layer_parameters
    decode = speed.decode * writes * SMALLEST.size / model.size
    return PROMPT_TOKENS / prefill + ANSWER_TOKENS / decode


def judge(models: Iterable[NamedModel], speed: MachineSpeed | None, limits: MachineLimits) -> list[Candidate]:
    """Each model on this machine, in the given order. Without a measured speed, none is fast enough."""
    candidates: list[Candidate] = []
    for model in models:
        seconds = answer_seconds(model, speed) if speed else None
        memory = model.size + limits.kv.bytes_for(model.kv_bytes_per_token) + SPARE_BYTES
        is_fast = seconds is not None and seconds <= limits.answer_seconds
        candidates.append(Candidate(model, seconds, memory, is_fast, memory <= limits.memory))
    return candidates


def best_first(candidates: Sequence[Candidate]) -> list[Candidate]:
    """What auto tries, one after the other: what fits, the last of the catalog first, and SMALLEST at the end."""
    fitting = [one for one in reversed(candidates) if one.model.chosen_by_auto and one.fits]
    smallest = [one for one in candidates if one.model is SMALLEST and not one.fits]
    return [*fitting, *smallest]


def why_chosen(one: Candidate, speed: MachineSpeed, limits: MachineLimits) -> str:
    """A sentence on the model that auto takes."""
    seconds = one.answer_seconds or 0.0
    measured = (
        f"the smallest one reads {speed.prefill:.0f} and writes {speed.decode:.0f} tokens a second on "
        f"{_cores(limits.cores)}"
    )
    if one.is_fast_enough:
        reason = f"a typical answer takes about {seconds:.1f} s of the {limits.answer_seconds:g} allowed ({measured})"
    else:
        reason = f"the smallest, though a typical answer takes about {seconds:.1f} s here ({measured})"
    return f"{one.model.name}: {reason}; it needs {one.memory / 1e9:.1f} of {limits.memory / 1e9:.1f} GB of memory"


def what_more_would_bring(candidates: Sequence[Candidate], chosen: NamedModel, limits: MachineLimits) -> str:
    """A sentence on the next larger model, and what the machine lacks for it; empty when there is none."""
    names = [one.model.name for one in candidates if one.model.chosen_by_auto]
    larger = [one for one in candidates if one.model.name in names[names.index(chosen.name) + 1 :] and not one.fits]
    if not larger:
        return ""
    lacks = what_it_lacks(larger[0], limits)
    return f"{larger[0].model.name} would need {lacks}"


def what_it_lacks(one: Candidate, limits: MachineLimits) -> str:
    """What a machine lacks for a model, such as "3.1 GB more memory"; empty when it lacks nothing."""
    lacks: list[str] = []
    if one.answer_seconds is not None and not one.is_fast_enough:
        cores = math.ceil(limits.cores * one.answer_seconds / limits.answer_seconds)
        lacks.append(
            f"about {cores} cores like these (it takes {one.answer_seconds:.1f} s on {_cores(limits.cores)}; "
            f"KEFU_GENERATION_ANSWER_SECONDS allows {limits.answer_seconds:g})"
        )
    if not one.fits_memory:
        lacks.append(f"{(one.memory - limits.memory) / 1e9:.1f} GB more memory")
    return " and ".join(lacks)


def _cores(cores: float) -> str:
    return "1 core" if cores == 1 else f"{cores:g} cores"
