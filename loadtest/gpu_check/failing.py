"""What customers would notice when a replica leaves or dies, and whether it leaves its memory behind."""

import asyncio
import signal
import time
from collections.abc import Sequence

from kefu.common.errors import StartupError
from kefu.generation.models.card_fit import check_folder
from kefu.generation.models.memory_fit import GIB
from kefu.generation.models.nvidia_cards import NvidiaCard, nvidia_cards
from kefu.generation.v1 import generation_pb2 as pb
from loadtest.bench.drain import watch_drain
from loadtest.bench.process import Process
from loadtest.gpu_check.asking import Answer, ReplicaClient, make_prompts, make_request, open_replica
from loadtest.gpu_check.replica import DRAIN_SECONDS, descendants, log_tail, make_replica
from loadtest.gpu_check.results import StepResult
from loadtest.gpu_check.setting import Setting

_OPEN_ANSWERS = 16
_ANSWER_TOKENS = 400
_BEGIN_SECONDS = 120.0
_LEFT_BEHIND_BYTES = GIB // 4
"""Other users of a card may come and go by so much."""
_FREED_SECONDS = 15.0


async def check_drain(setting: Setting, replica: Process, result: StepResult) -> None:
    """SIGTERM a running replica under load: it must end every answer, and leave by itself."""
    async with open_replica(replica.address, setting.internal_key) as client:
        asking = await _begin(client, _requests())
        still_open = sum(not one.done() for one in asking)
        drain = await watch_drain(replica, DRAIN_SECONDS)
        ended = await asyncio.gather(*asking)
    broken = [answer.failure for answer in ended if answer.failure]
    result.check(
        not broken and still_open > 0,
        f"SIGTERM with {still_open} answers open: all of them came whole",
        f"SIGTERM with {still_open} answers open: {len(broken)} broke. {'; '.join(sorted(set(broken)))}",
    )
    result.check(not drain.problem, str(drain))


async def check_kill(setting: Setting, processes: dict[int, float], result: StepResult) -> None:
    """SIGKILL one of two replicas under load: every broken answer must go on at the other, from its token ids.

    What the replicas started is added to `processes`, so that the last step sees what outlived them.
    """
    shares = _shares(setting, result)
    if not shares:
        return
    replicas = [make_replica(setting, number + 2, share) for number, (share, _) in enumerate(shares)]
    try:
        # One after the other: while vLLM measures its memory, nobody else may change the card's.
        for replica, (_, card) in zip(replicas, shares, strict=True):
            try:
                await replica.start({} if card is None else {"CUDA_VISIBLE_DEVICES": card})
            except TimeoutError as error:
                result.fail(f"{error}: {log_tail(replica.log)}")
                return
            processes |= descendants(replica.pid)
        await _kill_under_load(setting, replicas[0], replicas[1], result)
    finally:
        for replica in replicas:
            await replica.kill()


async def _kill_under_load(setting: Setting, first: Process, second: Process, result: StepResult) -> None:
    async with (
        open_replica(first.address, setting.internal_key) as one,
        open_replica(second.address, setting.internal_key) as other,
    ):
        requests = _requests()
        asking = await _begin(one, requests)
        first.signal(signal.SIGKILL)
        killed_at = time.monotonic()
        begun = await asyncio.gather(*asking)
        broken = [(request, answer) for request, answer in zip(requests, begun, strict=True) if answer.failure]
        ended = await asyncio.gather(*(_go_on(other, request, answer) for request, answer in broken))
    lost = [answer.failure for answer in ended if answer.failure]
    firsts = [answer.first for answer in ended if answer.first is not None]
    result.check(
        bool(broken) and not lost,
        f"SIGKILL of one replica broke {len(broken)} answers; all went on at the other from their token ids",
        f"SIGKILL of one replica broke {len(broken)} answers; {len(lost)} did not go on: {'; '.join(lost[:3])}",
    )
    result.check(
        all("\ufffd" not in a.text + b.text for (_, a), b in zip(broken, ended, strict=True)), "No character broke"
    )
    if firsts:
        result.note(
            f"The slowest of them had text again {max(firsts):.2f} s after it was asked there; all ended within "
            f"{time.monotonic() - killed_at:.1f} s of the kill"
        )


async def _go_on(client: ReplicaClient, request: pb.GenerateRequest, answer: Answer) -> Answer:
    """Continue as a router does: the same request, with what was received."""
    again = pb.GenerateRequest()
    again.CopyFrom(request)
    if answer.token_ids:
        again.continuation.CopyFrom(
            pb.Continuation(token_ids=answer.token_ids, text=answer.text, fingerprint=answer.fingerprint)
        )
    return await client.ask(again)


def _shares(setting: Setting, result: StepResult) -> Sequence[tuple[float, str | None]]:
    """Share of a card and the card, for each of two replicas; none when they cannot both be held."""
    if setting.device == "cpu":
        return ((setting.utilization, None), (setting.utilization, None))
    cards = setting.cards
    if len(cards) >= 2 * setting.tensor_parallel_size:
        sides = (cards[: setting.tensor_parallel_size], cards[setting.tensor_parallel_size :])
        return [
            (setting.utilization, ",".join(str(card.index) for card in side[: setting.tensor_parallel_size]))
            for side in sides
        ]
    half = round(setting.utilization / 2, 3)
    try:
        fit = check_folder(setting.model, cards, setting.use_of_cards(half))
    except StartupError as error:
        result.note(f"Two replicas do not fit beside each other: {error}")
        return ()
    if fit is not None and fit.warning:
        result.note(f"Two replicas do not fit beside each other: {fit.warning}")
        return ()
    return ((half, None), (half, None))


async def check_memory_after(before: Sequence[NvidiaCard], result: StepResult) -> None:
    """Every card must have as much free memory as before the first step."""
    deadline = time.monotonic() + _FREED_SECONDS
    while True:
        now = {card.uuid: card for card in nvidia_cards()}
        missing = [
            (card, card.free - (now[card.uuid].free or 0))
            for card in before
            if card.uuid in now and card.free is not None
        ]
        if all(size <= _LEFT_BEHIND_BYTES for _, size in missing) or time.monotonic() > deadline:
            break
        await asyncio.sleep(1.0)
    if not missing:
        result.note("No card tells its memory, so nothing can be compared")
    for card, size in missing:
        result.check(
            size <= _LEFT_BEHIND_BYTES,
            f"GPU {card.index} has {size / 2**20:+.0f} MiB to what was used before",
            f"GPU {card.index} has {size / 2**20:,.0f} MiB more in use than before: nvidia-smi says by whom",
        )


def _requests() -> list[pb.GenerateRequest]:
    prompts = make_prompts(_OPEN_ANSWERS, seed=7)
    return [make_request(f"{prompt} Explain every detail at length.", max_tokens=_ANSWER_TOKENS) for prompt in prompts]


async def _begin(client: ReplicaClient, requests: Sequence[pb.GenerateRequest]) -> list[asyncio.Task[Answer]]:
    """Ask all at once, and return as soon as each has begun to be written, or has ended."""
    answers = [Answer() for _ in requests]
    asking = [
        asyncio.create_task(client.ask(request, into=answer)) for request, answer in zip(requests, answers, strict=True)
    ]
    deadline = time.monotonic() + _BEGIN_SECONDS
    while not all(answer.frames or one.done() for answer, one in zip(answers, asking, strict=True)):
        if time.monotonic() > deadline:
            raise RuntimeError(f"Not every answer had begun after {_BEGIN_SECONDS:.0f} s")
        await asyncio.sleep(0.01)
    return asking
