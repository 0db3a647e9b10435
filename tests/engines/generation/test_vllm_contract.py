"""What Kefu uses of vLLM's inner interfaces, which vLLM calls unstable: a release that changes one fails here."""

import dataclasses
import importlib
import inspect
import json
from pathlib import Path
from typing import Any

import pytest

from kefu.generation.engine import EngineLoad
from kefu.generation.engines.folder_tokenizer import FolderTokenizer
from kefu.generation.engines.step_watch import StepWatch
from kefu.generation.engines.vllm_statistics import SchedulerStatistics
from kefu.generation.engines.vllm_tokenizer import schema_tokenizer
from tests.engines.generation.conftest import SHAPE
from tests.support.tiny_tokenizer import write_tokenizer

pytestmark = pytest.mark.filterwarnings("default")  # importing vLLM warns of its dependencies' futures


def parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_statistics_have_the_fields_that_load_is_read_from() -> None:
    from vllm.v1.metrics.stats import SchedulerStats

    statistics = SchedulerStatistics(StepWatch(60), max_running=8)
    recorder = statistics.loggers()[0](None)
    recorder.record(
        SchedulerStats(num_running_reqs=3, num_waiting_reqs=2, num_skipped_waiting_reqs=1, kv_cache_usage=0.5), None
    )
    assert statistics.load == EngineLoad(running=3, waiting=3, kv_cache_usage=0.5, max_running=8)
    recorder.record(None, None)  # a step without statistics leaves them
    assert statistics.load.running == 3


def test_a_stat_logger_is_called_as_ours_is_written() -> None:
    from vllm.v1.metrics.loggers import AggregateStatLoggerBase, PrometheusStatLogger, StatLoggerBase

    recorder, prometheus = SchedulerStatistics(StepWatch(60), max_running=8).loggers()
    assert issubclass(recorder, StatLoggerBase)
    assert not inspect.isabstract(recorder)
    assert parameters(recorder.record) == parameters(StatLoggerBase.record)
    assert prometheus is PrometheusStatLogger
    assert issubclass(prometheus, AggregateStatLoggerBase)  # else it would be made once more for each engine


@pytest.mark.parametrize("tokenizer_class", ["LlamaTokenizerFast", "Qwen2Tokenizer"])
def test_vllm_holds_answers_to_a_schema_by_the_tokenizer_that_reads_them(tmp_path: Path, tokenizer_class: str) -> None:
    vllm_tokenizers: Any = importlib.import_module("vllm.tokenizers")  # partially typed
    write_tokenizer(tmp_path, tokenizer_class)
    (tmp_path / "config.json").write_text(json.dumps({**SHAPE, "model_type": "llama"}))
    ours = FolderTokenizer(tmp_path)
    text = "礼品卡 多久 days?"
    with schema_tokenizer(tmp_path) as folder:
        theirs = vllm_tokenizers.get_tokenizer(str(folder))
        assert theirs.encode(text, add_special_tokens=False) == ours.encode(text)
        assert theirs.decode(ours.encode(text)) == text
        assert theirs.eos_token_id in ours.end_ids
    assert not folder.exists()


def test_the_engine_has_what_is_called_and_read() -> None:
    from vllm.lora.request import LoRARequest
    from vllm.outputs import CompletionOutput, RequestOutput
    from vllm.sampling_params import SamplingParams, StructuredOutputsParams
    from vllm.v1.engine.async_llm import AsyncLLM
    from vllm.v1.engine.exceptions import EngineDeadError

    assert {"vllm_config", "stat_loggers", "disable_log_stats", "enable_log_requests"} <= set(
        parameters(AsyncLLM.from_vllm_config)
    )
    assert parameters(AsyncLLM.generate)[1:4] == ["prompt", "sampling_params", "request_id"]
    assert "lora_request" in parameters(AsyncLLM.generate)
    assert parameters(AsyncLLM.add_lora) == ["self", "lora_request"]
    assert "timeout" in parameters(AsyncLLM.shutdown)
    assert isinstance(AsyncLLM.errored, property)
    assert "self.output_handler" in inspect.getsource(AsyncLLM.__init__)
    assert "num_cached_tokens" in parameters(RequestOutput.__init__)
    assert {"token_ids", "finish_reason"} <= {one.name for one in dataclasses.fields(CompletionOutput)}
    assert {"stop_token_ids", "detokenize", "output_kind", "structured_outputs"} <= set(parameters(SamplingParams))
    assert "json" in parameters(StructuredOutputsParams)
    assert {"lora_name", "lora_int_id", "lora_path"} <= set(parameters(LoRARequest))
    assert issubclass(EngineDeadError, Exception)
