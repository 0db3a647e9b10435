"""Answers: events, thinking and its cap, continuation from token ids, and aborting, through Kefu's own service."""

from kefu.generation.v1 import generation_pb2 as pb
from loadtest.gpu_check.asking import Answer, ReplicaClient, make_request, open_replica
from loadtest.gpu_check.results import StepResult
from loadtest.gpu_check.setting import Setting

_QUESTIONS = ("How long are gift cards valid? Answer in two sentences.", "礼品卡多久过期？请用两句话回答。")
_CAP = 64
_SLACK = 8
"""Tokens that close a block that has used up its cap."""
_ABORT_SECONDS = 1.0


async def check_answers(setting: Setting, address: str, result: StepResult) -> None:
    """Ask one running replica, a question after another."""
    async with open_replica(address, setting.internal_key) as client:
        model = await client.describe()
        result.check(
            model.device == setting.device,
            f"{model.engine} {model.engine_version} on {model.device}, fingerprint {model.fingerprint}",
            f"The replica runs on {model.device}, not on {setting.device}",
        )
        for question in _QUESTIONS:
            answer = await client.ask(make_request(question, max_tokens=setting.answer_tokens))
            _check_whole(answer, f"Answered without thinking: {question[:12]}…", result)
            result.check(not answer.reasoning, "No reasoning in it", f"It holds reasoning: {answer.reasoning[:80]!r}")
            await _check_continuation(client, question, answer, setting, result)
        if model.supports_reasoning:
            await _check_thinking(client, setting, result)
        else:
            result.note("This model cannot think; give an R1 model to see that")
        await _check_abort(client, result)


def _check_whole(answer: Answer, what: str, result: StepResult) -> None:
    whole = not answer.failure and bool(answer.text.strip()) and "\ufffd" not in answer.text
    result.check(
        whole,
        f"{what} ({answer.completion_tokens} tokens, {answer.finish})",
        f"{what}: {answer.failure or 'no whole text'}; it begins {answer.text[:60]!r}",
    )


async def _check_thinking(client: ReplicaClient, setting: Setting, result: StepResult) -> None:
    request = make_request(_QUESTIONS[0], max_tokens=setting.answer_tokens, reasoning=pb.Reasoning(max_tokens=_CAP))
    answer = await client.ask(request)
    _check_whole(answer, "Answered with thinking", result)
    result.check(bool(answer.reasoning.strip()), "Its reasoning came apart from the answer")
    result.check("<think>" not in answer.text and "</think>" not in answer.text, "No tag is left in the answer")
    result.check(
        0 < answer.reasoning_tokens <= _CAP + _SLACK,
        f"Its cap held: {answer.reasoning_tokens} tokens of thinking for at most {_CAP}",
        f"{answer.reasoning_tokens} tokens of thinking, and the cap was {_CAP}",
    )


async def _check_continuation(
    client: ReplicaClient, question: str, whole: Answer, setting: Setting, result: StepResult
) -> None:
    cut = next((place for place in whole.frames if place >= len(whole.token_ids) // 2), 0)
    if not 0 < cut < len(whole.token_ids):
        result.note(
            f"{len(whole.token_ids)} tokens in {len(whole.frames)} frames are too few to continue from the middle"
        )
        return
    sent = pb.Continuation(token_ids=whole.token_ids[:cut], fingerprint=whole.fingerprint)
    rest = await client.ask(make_request(question, max_tokens=setting.answer_tokens, continuation=sent))
    if rest.failure:
        result.fail(f"Continuing after {cut} token ids: {rest.failure}")
        return
    result.check("\ufffd" not in rest.text, f"Continued after {cut} of {len(whole.token_ids)} token ids")
    if whole.text.endswith(rest.text):
        result.passed("Continued, the answer is the same to the last character")
    else:
        # Kernels differ with the size of a batch, so that a greedy answer may turn elsewhere.
        result.note(f"Continued, the answer goes on otherwise: {rest.text[:60]!r}")


async def _check_abort(client: ReplicaClient, result: StepResult) -> None:
    left = await client.ask(make_request("Count from one to one thousand.", max_tokens=2048), leave_after_frames=1)
    idle = await client.until_idle(10.0)
    result.check(
        not left.failure and idle is not None and idle <= _ABORT_SECONDS,
        "An answer that its caller leaves ends in the engine within a second",
        f"An answer that its caller left: {left.failure or f'still running after {idle or 10.0:.1f} s'}",
    )
