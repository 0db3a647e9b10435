"""Model files and adapters that llama.cpp cannot run: each a clear error, and no process is left."""

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from kefu.common.errors import StartupError
from kefu.generation.config import WeightsConfig
from kefu.generation.engines.llamacpp import LlamaCppSettings, open_llamacpp
from kefu.generation.models.catalog import SMOLLM2
from kefu.generation.models.gguf_header import read_gguf_header
from kefu.generation.models.local_model import LocalModel
from kefu.generation.models.resolver import resolve_gguf
from tests.support.lora_adapters import write_gguf_adapter

pytestmark = [pytest.mark.engines, pytest.mark.model, pytest.mark.timeout(300)]
SETTINGS = LlamaCppSettings(1024, 2, 0.25, 64, 30.0, 2)


@pytest.fixture(scope="module")
def whole() -> Path:
    return resolve_gguf(SMOLLM2.name, WeightsConfig().cache_dir).path


async def refusal(model: Path, settings: LlamaCppSettings = SETTINGS) -> str:
    before = servers()
    with pytest.raises(StartupError) as refused:
        async with open_llamacpp(LocalModel("m", model, "f"), settings):
            pytest.fail("it was run")
    assert servers() <= before  # other tests run theirs
    return str(refused.value)


def servers() -> set[int]:
    """The processes of llama.cpp on this machine."""
    return {process.pid for process in psutil.process_iter() if "llamacpp_server" in _command(process)}


async def test_a_file_that_was_cut_short(whole: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(whole.read_bytes()[:60_000_000])
    said = await refusal(cut)
    assert str(cut) in said
    assert "incomplete" in said


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no whole GGUF file"),
        (b"PK\3\4" + b"x" * 999, "does not begin with GGUF"),
        (b"GGUF", "no whole GGUF file"),
    ],
    ids=["empty", "another kind", "four bytes"],
)
async def test_a_file_that_is_no_model(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(content)
    assert says in await refusal(file)


async def test_a_model_of_an_architecture_that_nobody_knows(whole: Path, tmp_path: Path) -> None:
    unknown = tmp_path / "unknown.gguf"
    name = (5).to_bytes(8, "little") + b"llama"
    unknown.write_bytes(whole.read_bytes().replace(name, name[:-5] + b"llamb", 1))
    assert read_gguf_header(unknown).architecture == "llamb"
    assert "unknown model architecture: 'llamb'" in await refusal(unknown)


async def test_an_adapter_that_does_not_fit(whole: Path, tmp_path: Path) -> None:
    narrow = write_gguf_adapter(tmp_path / "narrow.gguf", read_gguf_header(whole), width=64)
    said = await refusal(whole, replace(SETTINGS, adapters={"narrow": narrow}))
    assert "narrow.gguf" in said


async def test_an_adapter_that_is_not_there(whole: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing.gguf"
    said = await refusal(whole, replace(SETTINGS, adapters={"polite": missing}))
    assert "'polite'" in said
    assert str(missing) in said


async def test_a_model_without_a_chat_template(whole: Path, tmp_path: Path) -> None:
    base = tmp_path / "base.gguf"
    shutil.copyfile(whole, base)
    content = base.read_bytes()
    base.write_bytes(content.replace(b"tokenizer.chat_template", b"tokenizer.chat_tempIate", 1))
    assert "no chat template" in await refusal(base)


def _command(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""
