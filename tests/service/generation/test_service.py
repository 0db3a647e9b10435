"""The generation service over real gRPC, with engines that need no model."""

import asyncio
import os
import sys
from pathlib import Path

import grpc
import pytest
from prometheus_client import REGISTRY

import kefu.generation
from kefu.common.auth import make_key
from kefu.common.errors import CANNOT_START
from kefu.generation.engine import Channel, Finished, FinishReason, Piece, Started
from kefu.generation.engines.simulated import SimulatedSettings, open_simulated
from kefu.generation.service import EngineDied, until_end
from kefu.generation.v1 import generation_pb2 as pb
from tests.support.generation_harness import (
    ANSWER,
    KEY_METADATA,
    ScriptedEngine,
    collect_events,
    make_request,
    serve_generation,
)
from tests.support.grpc_calls import INTERNAL_KEY, bearer_metadata, expect_failure
from tests.support.table import table
from tests.support.waiting import wait_until

SIMULATED = SimulatedSettings(
    prefill_tokens_per_second=1e6,
    step_seconds=0.001,
    step_seconds_per_request=0.0,
    kv_tokens=4096,
    answer_tokens=30,
    max_model_tokens=1024,
    max_running=8,
)


async def test_an_answer_comes_as_accepted_deltas_and_completed() -> None:
    engine = ScriptedEngine(ANSWER)
    async with serve_generation(engine) as (stub, servicer, _):
        events = await collect_events(
            stub, make_request(reasoning=pb.Reasoning(max_tokens=9), caller="r1", estimated_tokens=40)
        )
        assert [event.WhichOneof("event") for event in events] == ["accepted", "delta", "delta", "completed"]
        assert events[0].accepted == pb.Accepted(prompt_tokens=7, boot_id=servicer.accounting.boot_id, fingerprint="f")
        assert events[1].delta == pb.Delta(channel=pb.Delta.CHANNEL_REASONING, text="hm", token_ids=[1, 2])
        assert events[2].delta == pb.Delta(channel=pb.Delta.CHANNEL_TEXT, text="答案", token_ids=[3, 4, 5])
        done = events[3].completed
        assert (done.prompt_tokens, done.cached_prompt_tokens, done.completion_tokens) == (7, 4, 5)
        assert (done.reasoning_tokens, done.finish_reason) == (2, pb.Completed.FINISH_REASON_STOP)
        assert engine.requests[0].reasoning_tokens == 9
        assert (servicer.accounting.owed_tokens, servicer.accounting.accepted_tokens("r1")) == (0, 40)


@table(
    ("request_", "field"),
    [
        (pb.GenerateRequest(), "prompt"),
        (pb.GenerateRequest(chat=pb.ChatPrompt()), "chat.messages"),
        (pb.GenerateRequest(chat=pb.ChatPrompt(messages=[pb.ChatMessage(content="x")])), "chat.messages[0].role"),
        (pb.GenerateRequest(tokens=pb.TokenPrompt()), "tokens.token_ids"),
        (make_request(max_tokens=0), "max_tokens"),
        (make_request(max_tokens=5000), "max_tokens"),
        (make_request(temperature=2.5), "temperature"),
        (make_request(temperature=float("nan")), "temperature"),
        (make_request(top_p=0.0), "top_p"),
        (make_request(stop=["a", "b", "c", "d", "e"]), "stop"),
        (make_request(stop=[""]), "stop"),
        (make_request(choices=["Yes"]), "choices"),
        (make_request(choices=[f"{number}" for number in range(33)]), "choices"),
        (make_request(choices=["Yes", ""]), "choices[1]"),
        (make_request(choices=["是" * 22, "No"]), "choices[0]"),
        (make_request(choices=["Yes", "No", "Yes"]), "choices[2]"),
        (make_request(choices=["Yes", "No"], stop=["."]), "stop"),
        (make_request(choices=["Yes", "No"], json_schema="{}"), "json_schema"),
        (make_request(choices=["Yes", "No"], reasoning=pb.Reasoning()), "reasoning"),
        (make_request(choices=["Yes", "No"], continuation=pb.Continuation()), "continuation"),
    ],
)
async def test_a_wrong_field_is_named(request_: pb.GenerateRequest, field: str) -> None:
    async with serve_generation(ScriptedEngine(ANSWER)) as (stub, _, _):
        refused = await expect_failure(lambda: collect_events(stub, request_))
        assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "BAD_REQUEST")
        assert field in refused.message


async def test_choices_are_one_token_and_their_probabilities_come_with_the_end() -> None:
    chosen = (Started(7), Piece(Channel.TEXT, "No"), Finished(FinishReason.STOP, 7, 4, 1, 0, (-2.5, -0.25)))
    engine = ScriptedEngine(chosen, hold=True)
    async with serve_generation(engine) as (stub, servicer, _):
        mean_before = servicer.accounting.mean_answer
        call = stub.Generate(make_request(choices=["Yes", "No"], max_tokens=300), metadata=KEY_METADATA)
        events = [await call.read() for _ in chosen]
        assert isinstance(last := events[-1], pb.GenerateEvent)
        assert list(last.completed.choice_log_probabilities) == [-2.5, -0.25]
        assert (engine.requests[0].choices, engine.requests[0].max_tokens) == (("Yes", "No"), 1)
        assert servicer.accounting.mean_answer == mean_before  # it says nothing of how long answers are


async def test_a_request_with_choices_owes_its_prompt_and_one_token() -> None:
    engine = ScriptedEngine((Started(700),), hold=True)
    async with serve_generation(engine) as (stub, servicer, _):
        call = stub.Generate(make_request(choices=["Yes", "No"]), metadata=KEY_METADATA)
        await call.read()
        assert servicer.accounting.owed_tokens == 701
        call.cancel()
        await asyncio.wait_for(engine.closed.wait(), 5)


async def test_only_the_services_own_key_may_call() -> None:
    async with serve_generation(ScriptedEngine(ANSWER)) as (stub, _, _):
        for metadata in ((), bearer_metadata(make_key().secret)):

            async def call(metadata: tuple[tuple[str, str], ...] = metadata) -> None:
                await stub.DescribeModel(pb.DescribeModelRequest(), metadata=metadata)

            assert (await expect_failure(call)).code is grpc.StatusCode.UNAUTHENTICATED


async def test_a_cancelled_call_closes_the_engines_stream_and_owes_nothing() -> None:
    engine = ScriptedEngine(ANSWER[:2], hold=True)
    async with serve_generation(engine) as (stub, servicer, _):
        call = stub.Generate(make_request(), metadata=KEY_METADATA)
        await call.read()
        assert servicer.accounting.owed_tokens > 0
        call.cancel()
        await asyncio.wait_for(engine.closed.wait(), 10)
        await wait_until(lambda: servicer.accounting.open_requests == 0)
        assert servicer.accounting.owed_tokens == 0


async def test_a_client_that_reads_nothing_is_cut_and_its_request_ended() -> None:
    flood = [Started(1), *(Piece(Channel.TEXT, "x" * 1_000_000, (n,)) for n in range(8))]
    flood.insert(4, Piece(Channel.REASONING, "y" * 1_000_000, (99,)))
    engine = ScriptedEngine(flood, hold=True)
    async with serve_generation(engine, stall_seconds=0.5) as (stub, servicer, _):
        call = stub.Generate(make_request(), metadata=KEY_METADATA)
        await call.read()
        await wait_until(lambda: servicer.accounting.open_requests == 0)
        assert engine.closed.is_set()
        call.cancel()


async def test_a_full_replica_says_so() -> None:
    engine = ScriptedEngine(ANSWER[:2], hold=True)
    async with serve_generation(engine, max_requests=1) as (stub, _, _):
        call = stub.Generate(make_request(), metadata=KEY_METADATA)
        await call.read()
        refused = await expect_failure(lambda: collect_events(stub, make_request()))
        assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "REPLICA_FULL")
        call.cancel()


async def test_load_reports_follow_requests_and_end_with_one_that_says_draining() -> None:
    engine = ScriptedEngine(ANSWER[:1], hold=True)
    async with serve_generation(engine) as (stub, servicer, _):
        watch = stub.WatchLoad(pb.WatchLoadRequest(caller="r1"), metadata=KEY_METADATA)
        reports = aiter(watch)
        first = await anext(reports)
        assert (first.boot_id, first.owed_tokens, first.accepted_tokens) == (servicer.accounting.boot_id, 0, 0)
        call = stub.Generate(make_request(caller="r1", estimated_tokens=33), metadata=KEY_METADATA)
        await call.read()
        report = await anext(reports)
        while not report.accepted_tokens:
            report = await anext(reports)
        assert report.accepted_tokens == 33
        assert report.owed_tokens > 7
        assert (report.running, report.max_running) == (1, 7)
        call.cancel()
        servicer.leave()
        last = [report async for report in reports][-1]
        assert last.draining


async def test_a_watcher_must_name_itself() -> None:
    async with serve_generation(ScriptedEngine(ANSWER)) as (stub, _, _):

        async def call() -> None:
            async for _ in stub.WatchLoad(pb.WatchLoadRequest(), metadata=KEY_METADATA):
                return

        assert (await expect_failure(call)).reason == "BAD_REQUEST"


async def test_when_the_engine_dies_new_calls_are_sent_elsewhere() -> None:
    engine = ScriptedEngine(ANSWER)
    async with serve_generation(engine) as (stub, servicer, server):
        ending = asyncio.create_task(until_end(engine, servicer, server))
        await asyncio.sleep(0)
        engine.fail()
        with pytest.raises(EngineDied):
            await ending
        refused = await expect_failure(lambda: collect_events(stub, make_request()))
        assert (refused.code, refused.reason) == (grpc.StatusCode.UNAVAILABLE, "ENGINE_DEAD")


def empty_answers() -> dict[str, float]:
    name = "kefu_generation_empty_answers_total"
    return {
        reason: REGISTRY.get_sample_value(name, {"finished_reason": reason}) or 0.0 for reason in ("stop", "length")
    }


async def test_answers_without_a_word_for_the_customer_are_counted_by_why_they_ended() -> None:
    thought, blank = Piece(Channel.REASONING, "hm", (1, 2)), Piece(Channel.TEXT, " \n", (3,))
    nothing = (Started(7), Finished(FinishReason.STOP, 7, 4, 0, 0))
    for events, before, empty in (
        ((Started(7), thought, blank, Finished(FinishReason.LENGTH, 7, 4, 3, 2)), None, {"stop": 0, "length": 1}),
        (nothing, None, {"stop": 1, "length": 0}),
        (nothing, pb.Continuation(text="so far"), {"stop": 0, "length": 0}),
        (ANSWER, None, {"stop": 0, "length": 0}),
    ):
        counted = empty_answers()
        async with serve_generation(ScriptedEngine(events)) as (stub, _, _):
            await collect_events(stub, make_request(continuation=before))
        assert {reason: count - counted[reason] for reason, count in empty_answers().items()} == empty


async def test_the_simulated_engine_says_so_in_every_answer_and_in_its_description() -> None:
    async with open_simulated("", SIMULATED) as engine, serve_generation(engine) as (stub, _, _):
        about = await stub.DescribeModel(pb.DescribeModelRequest(), metadata=KEY_METADATA)
        assert (about.engine, about.simulated) == ("simulated", True)
        assert about.answer_profile == "unchecked"
        events = await collect_events(stub, make_request())
        assert "simulated answer" in "".join(event.delta.text for event in events)
        assert events[-1].completed.completion_tokens == 30


async def test_the_simulated_engine_goes_on_from_any_token() -> None:
    async with open_simulated("", SIMULATED) as engine, serve_generation(engine) as (stub, _, _):
        whole = "".join(event.delta.text for event in await collect_events(stub, make_request()))
        for cut in range(0, 31, 6):
            continuation = pb.Continuation(token_ids=range(cut), text="", fingerprint="simulated")
            rest = await collect_events(stub, make_request(continuation=continuation))
            assert whole[: cut * 3] + "".join(event.delta.text for event in rest) == whole


async def test_the_simulated_engine_keeps_prefixes_and_makes_requests_wait_for_room() -> None:
    async with open_simulated("", SIMULATED) as engine, serve_generation(engine, max_requests=99) as (stub, _, _):
        long = "a question " * 200
        first = (await collect_events(stub, make_request(long)))[-1].completed
        second = (await collect_events(stub, make_request(long)))[-1].completed
        assert (first.cached_prompt_tokens, second.cached_prompt_tokens > 600) == (0, True)
        calls = [asyncio.create_task(collect_events(stub, make_request(long))) for _ in range(12)]
        most_waiting = 0
        while not all(call.done() for call in calls):
            load = engine.load()
            assert load.kv_cache_usage <= 1.0
            most_waiting = max(most_waiting, load.waiting)
            await asyncio.sleep(0.001)
        assert most_waiting > 0
        assert engine.load()[:3] == (0, 0, 0.0)


async def test_the_simulated_engine_refuses_a_prompt_that_is_too_long() -> None:
    async with open_simulated("", SIMULATED) as engine, serve_generation(engine) as (stub, _, _):
        refused = await expect_failure(lambda: collect_events(stub, make_request("x" * 9000)))
        assert refused.reason == "PROMPT_TOO_LONG"
        assert int(refused.metadata["prompt_tokens"]) > int(refused.metadata["max_prompt_tokens"])


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("KEFU_GENERATION_MODEL", "/no/such/model.gguf", "There is no model at /no/such/model.gguf. Set"),
        ("KEFU_GENERATION_ENGINE", "openai", "needs KEFU_GENERATION_OPENAI_URL"),
        ("KEFU_GENERATION_MAX_RUNNING", "0", "max_running"),
        ("KEFU_GENERATION_VLLM_ARGS", "seed=7", 'field "vllm_args" from source "EnvSettingsSource": it is no JSON'),
        ("KEFU_GENERATION_VLLM_ARGS", "[7]", "vllm_args: Input should be a valid dictionary"),
    ],
)
async def test_a_wrong_configuration_ends_the_process_with_one_sentence(variable: str, value: str, says: str) -> None:
    sources = str(Path(kefu.generation.__path__[0]).parents[1])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "kefu.generation",
        env=os.environ
        | {
            "KEFU_INTERNAL_KEY": INTERNAL_KEY,
            "KEFU_GENERATION_LISTEN": "127.0.0.1:0",
            variable: value,
            "PYTHONPATH": sources,
        },
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == CANNOT_START
    assert says in errors.decode()
    assert "Traceback" not in errors.decode()
