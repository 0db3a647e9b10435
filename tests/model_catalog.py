"""Write the table of docs/guides/models.md from the model catalog: python -m tests.model_catalog"""

import re
from pathlib import Path

from kefu.generation.models.catalog import CATALOG, HubRevision, NamedModel

PAGE = Path(__file__).parents[1] / "docs" / "guides" / "models.md"
_BEGIN, _END = "<!-- begin generated: python -m tests.model_catalog -->", "<!-- end generated -->"
_HEADINGS = (
    "name",
    "parameters",
    "GGUF file",
    "cache of one answer",
    "languages",
    "licence",
    "GGUF from",
    "safetensors",
)
_ANSWER_TOKENS = 8192


def current() -> str:
    """The page as it should be: its own text, and between the marks the table of every model."""
    page = PAGE.read_text("utf-8")
    rows = [_HEADINGS, ("---",) * len(_HEADINGS), *map(_row, CATALOG.values())]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    block = f"{_BEGIN}\n{table}\n{_END}"
    written, times = re.subn(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", lambda _: block, page, flags=re.DOTALL)
    if times != 1:
        raise ValueError(f"{PAGE} does not hold the marks {_BEGIN} and {_END} once.")
    return written


def _row(model: NamedModel) -> tuple[str, ...]:
    sources = [*(["package index"] if model.wheel_parts else []), *([_revision(model.hub)] if model.hub else [])]
    return (
        f"`{model.name}`",
        f"{model.parameters / 1e9:.2f} billion",
        f"{model.size / 1e9:.2f} GB",
        f"{model.kv_bytes_per_token * _ANSWER_TOKENS / 1e6:.0f} MB",
        ", ".join(model.languages),
        model.licence,
        ", ".join(sources),
        _revision(model.safetensors) if model.safetensors else "",
    )


def _revision(revision: HubRevision) -> str:
    return f"{revision.repository}@{revision.commit[:7]}"


if __name__ == "__main__":
    PAGE.write_text(current(), "utf-8")
