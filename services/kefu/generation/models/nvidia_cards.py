"""NVIDIA cards of this machine, as nvidia-smi tells them: without CUDA, without a context on the card."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

_FIELDS = ("index", "name", "uuid", "driver_version", "compute_cap", "memory.total", "memory.free", "mig.mode.current")
_SECONDS = 20.0  # the first call after a boot loads the driver
_MIB = 2**20


@dataclass(frozen=True)
class NvidiaCard:
    """One card; memory in bytes."""

    index: int
    name: str
    uuid: str
    driver: str
    capability: tuple[int, int]
    """Compute capability; (0, 0): not told."""
    total: int | None
    """None: not told, as on a card that is cut into parts (MIG), of which each has less."""
    free: int | None


def nvidia_cards() -> tuple[NvidiaCard, ...]:
    """The cards that CUDA_VISIBLE_DEVICES leaves; none where there is no card, or no nvidia-smi."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["nvidia-smi", f"--query-gpu={','.join(_FIELDS)}", "--format=csv,noheader,nounits"],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    if done.returncode != 0:
        return ()
    return visible_cards(parse_cards(done.stdout), os.environ.get("CUDA_VISIBLE_DEVICES"))


def parse_cards(text: str) -> tuple[NvidiaCard, ...]:
    """The cards of nvidia-smi's answer. Lines that are none of its (a warning, say) are left out."""
    found: list[NvidiaCard] = []
    for line in text.splitlines():
        words = [word.strip() for word in line.split(",")]
        if len(words) != len(_FIELDS) or not words[0].isdecimal():
            continue
        index, name, uuid, driver, capability, total, free, mig = words
        major, _, minor = capability.partition(".")
        cut = mig == "Enabled"
        found.append(
            NvidiaCard(
                index=int(index),
                name=name,
                uuid=uuid,
                driver=driver,
                capability=(int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else (0, 0),
                total=None if cut else _mebibytes(total),
                free=None if cut else _mebibytes(free),
            )
        )
    return tuple(found)


def visible_cards(cards: Sequence[NvidiaCard], visible: str | None) -> tuple[NvidiaCard, ...]:
    """The cards that a value of CUDA_VISIBLE_DEVICES leaves, in its order; None: all. A part of a card is none."""
    if visible is None:
        return tuple(cards)
    chosen: list[NvidiaCard] = []
    for word in (part.strip() for part in visible.split(",")):
        card = next((one for one in cards if word and (str(one.index) == word or one.uuid.startswith(word))), None)
        if card is None:  # CUDA ignores what follows a wrong entry
            break
        chosen.append(card)
    return tuple(chosen)


def _mebibytes(word: str) -> int | None:
    return int(word) * _MIB if word.isdecimal() else None
