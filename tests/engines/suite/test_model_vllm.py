"""What vLLM does with a model of two layers, through the service: quantized weights, adapters, schemas, speculation.

Random weights show that the numbers are right: what is written is what transformers writes with the same weights.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jsonschema
import pytest
import pytest_asyncio
from prometheus_client import REGISTRY

from kefu.generation.engine_metrics import EngineMetrics
from kefu.generation.engines.vllm import open_vllm
from kefu.generation.engines.vllm_arguments import VllmSettings
from kefu.generation.models.gguf_conversion import int8_weights
from kefu.generation.models.local_model import LocalModel
from kefu.generation.v1 import generation_pb2 as pb
from tests.support.generation_harness import ScriptedEngine, collect_events, make_request, serve_generation
from tests.support.grpc_calls import expect_failure
from tests.support.tiny_models import greedy, random_model, write_adapter, write_model, write_quantized_model

if TYPE_CHECKING:
    from kefu.generation.v1.generation_pb2_grpc import GenerationServiceAsyncStub

pytestmark = [
    pytest.mark.model,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("default"),  # importing vLLM warns of its dependencies' futures
]
SETTINGS = VllmSettings(
    max_model_tokens=1024,
    max_running=16,
    kv_cache_gib=0.25,
    gpu_memory_utilization=0.5,
    tensor_parallel_size=1,
    default_reasoning_tokens=64,
    stuck_seconds=120,
)
PROMPT = (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
SURE_TOKENS = 4
"""Numbers of 8 and 16 bits write the same as float32 for so long; later a close choice may fall otherwise."""
ANSWERS = 200
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "supported": {"type": "boolean"},
        "days": {"type": "integer", "minimum": 0, "maximum": 999},
        "unit": {"enum": ["天", "days", "🇨🇳"]},
        "notes": {"type": "array", "items": {"type": "string", "maxLength": 8}, "maxItems": 2},
    },
    "required": ["supported", "days", "unit", "notes"],
    "additionalProperties": False,
}


class Replica(NamedTuple):
    """A replica in this process."""

    stub: "GenerationServiceAsyncStub"
    weights: Any
    """The model by transformers."""


@asynccontextmanager
async def serving(model: LocalModel, settings: VllmSettings, weights: Any) -> AsyncIterator[Replica]:
    async with (
        open_vllm(model, settings) as engine,
        serve_generation(engine, max_requests=ANSWERS) as (stub, _, _),
    ):
        yield Replica(stub, weights)


async def written(replica: Replica, adapter: str = "") -> list[int]:
    """Ids that are written after the prompt, in a greedy answer."""
    request = make_request(
        temperature=0.0, chat=None, tokens=pb.TokenPrompt(token_ids=PROMPT), max_tokens=16, adapter=adapter
    )
    events = await collect_events(replica.stub, request)
    return [token_id for event in events for token_id in event.delta.token_ids]


@pytest.mark.parametrize("method", ["awq", "gptq", "int8"])
async def test_quantized_weights_write_what_their_numbers_say(tmp_path: Path, method: str) -> None:
    if method == "int8":  # compressed-tensors W8A8, as Kefu converts GGUF files
        quantized = random_model()
        model = write_model(tmp_path / method, model=quantized, state_dict=int8_weights(quantized))
        weights = random_model()
    else:
        model, weights = write_quantized_model(tmp_path / method, method)
    async with serving(model, SETTINGS, weights) as replica:
        assert (await written(replica))[:SURE_TOKENS] == greedy(weights, PROMPT, SURE_TOKENS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def replica(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Replica]:
    """One with two adapters, speculation, and an argument of the operator's."""
    folder = tmp_path_factory.mktemp("models")
    weights = random_model()
    settings = replace(
        SETTINGS,
        adapters={"tone": write_adapter(folder / "tone"), "shop": write_adapter(folder / "shop", rank=12, seed=5)},
        arguments={
            "dtype": "float32",
            "max_num_seqs": 8,
            "speculative_config": {
                "method": "ngram",
                "num_speculative_tokens": 3,
                "prompt_lookup_min": 2,
                "prompt_lookup_max": 4,
            },
        },
    )
    async with serving(write_model(folder / "model", model=weights), settings, weights) as running:
        yield running


async def test_an_adapter_changes_the_answer_of_its_own_request_alone(replica: Replica) -> None:
    plain, tone, shop, again = await asyncio.gather(
        written(replica), written(replica, adapter="tone"), written(replica, adapter="shop"), written(replica)
    )
    assert plain[:SURE_TOKENS] == greedy(replica.weights, PROMPT, SURE_TOKENS)
    assert plain == again == await written(replica)  # alone: vLLM's CPU build mixed them up
    assert len({tuple(plain[:2]), tuple(tone[:2]), tuple(shop[:2])}) == 3
    assert await written(replica, adapter="tone") == tone


async def test_an_adapter_that_there_is_not_is_refused_with_those_that_there_are(replica: Replica) -> None:
    refused = await expect_failure(lambda: written(replica, adapter="mood"))
    assert refused.reason == "BAD_REQUEST"
    assert "tone, shop" in refused.message


async def test_every_answer_under_a_schema_is_valid(replica: Replica) -> None:
    """By random weights at temperature 1, which would write anything else."""

    async def answer(seed: int) -> str:
        request = make_request(
            f"question {seed}", json_schema=json.dumps(SCHEMA), temperature=1.0, seed=seed, max_tokens=200
        )
        events = await collect_events(replica.stub, request)
        assert events[-1].completed.finish_reason == pb.Completed.FINISH_REASON_STOP
        return "".join(event.delta.text for event in events)

    answers = await asyncio.gather(*(answer(seed) for seed in range(ANSWERS)))
    for text in answers:
        jsonschema.validate(json.loads(text), SCHEMA)
    assert len(set(answers)) > ANSWERS // 2


@pytest.mark.parametrize(
    "schema",
    [{"type": "telepathy"}, {"type": "string", "pattern": "("}, {"$ref": "#/nowhere"}],
    ids=["no type", "no pattern", "no reference"],
)
async def test_a_schema_that_no_grammar_can_hold_is_refused_and_hurts_nobody(
    replica: Replica, schema: dict[str, Any]
) -> None:
    request = make_request(json_schema=json.dumps(schema), max_tokens=20)
    refused = await expect_failure(lambda: collect_events(replica.stub, request))
    assert (refused.reason, "json_schema" in refused.message) == ("BAD_REQUEST", True)
    assert len(await written(replica)) > 0


async def test_vllms_own_metrics_are_exported_with_the_models_name(replica: Replica) -> None:
    labels = {"model_name": "model", "engine": "0"}
    before = REGISTRY.get_sample_value("vllm:generation_tokens_total", labels) or 0
    ids = await written(replica)
    assert (REGISTRY.get_sample_value("vllm:generation_tokens_total", labels) or 0) >= before + len(ids)
    for name in ("num_preemptions_total", "spec_decode_num_drafts_total", "kv_cache_usage_perc"):  # vLLM's alone
        assert REGISTRY.get_sample_value(f"vllm:{name}", labels) is not None, name
    with pytest.raises(ValueError, match="Duplicated"):  # so another engine's must not be counted beside them
        EngineMetrics(ScriptedEngine(()))
