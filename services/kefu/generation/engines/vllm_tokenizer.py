"""vLLM's tokenizer, by which it holds answers to a schema: made to be the one that writes prompts and reads answers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any


@contextmanager
def schema_tokenizer(model: Path) -> Iterator[Path]:
    """A folder from which vLLM reads the model's `tokenizer.json` as it is, while the block runs.

    In the model's own folder it would follow the class that is named there, which for R1-Distill-Llama loses Chinese
    and spaces. A model without that file is left to that class.
    """
    if not (model / "tokenizer.json").exists():
        yield model
        return
    with TemporaryDirectory(prefix="kefu-tokenizer-") as scratch:
        folder = Path(scratch)
        for name in ("tokenizer.json", "config.json"):
            (folder / name).symlink_to((model / name).resolve())
        named = model / "tokenizer_config.json"
        settings: dict[str, Any] = json.loads(named.read_text()) if named.exists() else {}
        settings.pop("auto_map", None)  # names a class of the model's own
        (folder / named.name).write_text(json.dumps({**settings, "tokenizer_class": "PreTrainedTokenizerFast"}))
        yield folder
