"""The machine measured by a real llama.cpp, as `kefu up` does it at its first start."""

from pathlib import Path

import pytest

from kefu.generation.config import WeightsConfig, configuration_without_key
from kefu.generation.machine_speed import kept_speed, measure_and_keep
from kefu.generation.models.catalog import SMALLEST
from kefu.generation.models.preflight import gguf_path
from kefu.generation.models.resolver import fetch_once
from kefu.generation.models.selection import answer_seconds

pytestmark = [pytest.mark.model, pytest.mark.timeout(300)]


async def test_a_machine_is_measured_in_seconds_and_remembered(tmp_path: Path) -> None:
    file = fetch_once(SMALLEST, WeightsConfig().cache_dir)
    (tmp_path / "models").mkdir()
    gguf_path(tmp_path, SMALLEST).symlink_to(file)
    config = configuration_without_key().model_copy(update={"cache_dir": tmp_path})
    measured = await measure_and_keep(config)
    assert measured.speed.prefill > measured.speed.decode > 0  # many tokens at once are read, one at a time written
    assert 0.05 < answer_seconds(SMALLEST, measured.speed) < 120
    assert kept_speed(tmp_path) == measured
