"""
The table of cards and models in docs/operate/gpu.md: python -m loadtest.gpu_check.capacity writes it anew.

It is arithmetic and an estimate (kefu.generation.models.memory_fit); nothing of it is measured.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from kefu.common.errors import StartupError
from kefu.generation.models.card_fit import CardUse, check_fit
from kefu.generation.models.memory_fit import Quantization
from kefu.generation.models.nvidia_cards import NvidiaCard
from loadtest.gpu_check.page import markdown_table
from loadtest.gpu_check.reference import CARDS, MODELS
from loadtest.gpu_check.results import Table

PAGE = Path(__file__).parents[2] / "docs" / "operate" / "gpu.md"
ANSWER_TOKENS = 2500
"""Of one prompt and its answer, as k8s/components/gpu sets the router's limits at most."""
USE = CardUse(utilization=0.9, cards=1, max_model_tokens=8192, max_running=256)
"""As k8s/components/gpu has it."""
_BEGIN, _END = "<!-- cards: made by python -m loadtest.gpu_check.capacity -->", "<!-- end of cards -->"
_NAMES: dict[Quantization, str] = {"none": "16 bits", "fp8": "FP8", "awq": "AWQ, 4 bits"}


class Row(NamedTuple):
    """A model in one number format."""

    model: str
    quantization: Quantization
    cells: tuple[str, ...]


def cell(model: str, quantization: Quantization, cards: Sequence[NvidiaCard]) -> str:
    """Answers of ANSWER_TOKENS that the cards hold at once; "tight": not one of the longest; "no": not the weights."""
    shape = MODELS[model].shape
    try:
        fit = check_fit(shape, shape.weight_bytes(quantization), cards, USE)
    except StartupError:
        return "no"
    if fit is None or fit.warning:
        return "tight"
    return str(fit.kv_tokens // ANSWER_TOKENS)


def rows() -> list[Row]:
    """Every model in every format on every card."""
    return [
        Row(model, quantization, tuple(cell(model, quantization, [card]) for card in CARDS.values()))
        for model in MODELS
        for quantization in _NAMES
    ]


def table() -> str:
    """The table in Markdown, between its marks."""
    head = ("model", *CARDS)
    lines = markdown_table(
        Table(head, tuple((f"{row.model}, {_NAMES[row.quantization]}", *row.cells) for row in rows()))
    )
    return "\n".join((_BEGIN, *lines, _END))


def with_table(text: str) -> str:
    """A page with the table of now in the place of the one between the marks."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return before + table() + after


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")
