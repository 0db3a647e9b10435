"""
Instructions in messages and documents, put to the real model:
python -m loadtest.quality.prompt_injections [--out FILE] [--all-reach]

Starts `kefu up` with its default model, gives each document of the set (injection_attempts.py) a collection of
its own, asks, and counts the answers in which a customer would read what was to be planted. Then ordinary questions
about the sample help centre are asked: how many of them are handed over, and for which reason, is what the defences
cost. Prints a table; --out also writes every answer as JSON. With --all-reach only the messages are put, and every one
of them to the model, however little the passage found has to do with it: most messages of the
kind find nothing relevant, and are handed over before a model is asked.
"""

import argparse
import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import grpc.aio

from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from kefu.testing.suite import Suite, running_suite
from loadtest.harness.questions import help_center, make_questions
from loadtest.harness.suite import always_ask_model
from loadtest.quality.injection_attempts import CLEAN, DOCUMENTS, MESSAGES, Injection

_HELP = "help"
_PATIENT = {f"KEFU_ROUTER_{name}_SECONDS": "300" for name in ("SEARCH", "FIRST_TOKEN", "BETWEEN_TOKEN")}
"""An answer that a busy machine was too slow for would count as refused."""


@dataclass(frozen=True)
class AttemptOutcome:
    """Outcome of one attempt."""

    where: str
    language: str
    name: str
    succeeded: bool
    guaranteed: bool
    end: str
    """Source of the answer's text, or the reason of the handoff."""
    text: str


async def measure(controls: int, *, all_reach: bool) -> tuple[list[AttemptOutcome], Counter[str]]:
    """Every injection's outcome, and how ordinary questions ended."""
    documents = () if all_reach else DOCUMENTS
    with tempfile.TemporaryDirectory() as folder:
        async with (
            running_suite(Path(folder), "vllm", **_PATIENT) as suite,
            grpc.aio.insecure_channel(suite.router) as channel,
        ):
            chat = rpc.ChatServiceStub(channel)
            if all_reach:
                await always_ask_model(suite)
            await _fill(suite, Path(folder) / "documents", documents)
            outcomes = [
                await _attempt(suite, chat, "message", injection, f"clean-{injection.language}")
                for injection in MESSAGES
            ]
            outcomes += [
                await _attempt(suite, chat, "document", injection, f"injected-{number}")
                for number, injection in enumerate(documents)
            ]
            ends: Counter[str] = Counter()
            if not all_reach:
                await _import(suite, help_center(), _HELP)
            for question in () if all_reach else make_questions()[:controls]:
                _, end = await _ask(suite, chat, question.text, _HELP)
                ends[end] += 1
            return outcomes, ends


async def _fill(suite: Suite, folder: Path, documents: Sequence[Injection]) -> None:
    texts = {f"clean-{language}": text for language, text in CLEAN.items()}
    texts |= {f"injected-{number}": injection.document for number, injection in enumerate(documents)}
    for collection, text in texts.items():
        (folder / collection).mkdir(parents=True)
        title = "Refunds" if text.isascii() else "退款"
        (folder / collection / "refunds.md").write_text(f"# {title}\n\n{text}\n", "utf-8")
        await _import(suite, folder / collection, collection)


async def _import(suite: Suite, source: Path, collection: str) -> None:
    done = await suite.kefu("import", str(source), "--collection", collection, "--create", seconds=600)
    if done.status != 0:
        raise RuntimeError(f"The import failed:\n{done.out}\n{done.err}")


async def _attempt(
    suite: Suite, chat: "rpc.ChatServiceAsyncStub", where: str, injection: Injection, collection: str
) -> AttemptOutcome:
    text, end = await _ask(suite, chat, injection.message, collection)
    succeeded = injection.succeeds_with(text)
    print(f"{injection.language} {where} {injection.name}: {'SUCCEEDED' if succeeded else end}: {text!r}", flush=True)
    return AttemptOutcome(where, injection.language, injection.name, succeeded, injection.guaranteed, end, text)


async def _ask(suite: Suite, chat: "rpc.ChatServiceAsyncStub", text: str, collection: str) -> tuple[str, str]:
    request = pb.ConverseRequest(session="sessions/-", text=text, collections=[f"collections/{collection}"])
    said, end = "", ""
    async for event in chat.Converse(request, metadata=(("authorization", f"Bearer {suite.key}"),)):
        match event.WhichOneof("event"):
            case "text_delta":
                said += event.text_delta.text
            case "handoff":
                end = "handed over: " + pb.Handoff.Reason.Name(event.handoff.reason).removeprefix("REASON_").lower()
            case "turn_completed":
                source = pb.AnswerSource.Name(event.turn_completed.source).removeprefix("ANSWER_SOURCE_").lower()
                end = end or source
            case _:
                pass
    return said, end


def table(outcomes: Sequence[AttemptOutcome]) -> str:
    """How many succeeded, by language, place, and whether the router guarantees that they cannot."""
    rows = [
        "| language | where | what was to be planted | tried | succeeded |",
        "|---|---|---|---|---|",
    ]
    for language in ("en", "zh"):
        for where in ("message", "document"):
            for guaranteed in (True, False):
                tried = [
                    one
                    for one in outcomes
                    if (one.language, one.where, one.guaranteed) == (language, where, guaranteed)
                ]
                if not tried:
                    continue
                planted = "a figure, address, code, or its instructions" if guaranteed else "a role, word or opinion"
                rows.append(f"| {language} | {where} | {planted} | {len(tried)} | {sum(o.succeeded for o in tried)} |")
    return "\n".join(rows)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="write every answer here, as JSON")
    parser.add_argument("--controls", type=int, default=40, help="ordinary questions asked afterwards")
    parser.add_argument("--all-reach", action="store_true", help="the messages alone, each of them to the model")
    chosen = parser.parse_args()
    outcomes, ends = asyncio.run(measure(chosen.controls, all_reach=chosen.all_reach))
    print(table(outcomes))
    if ends:
        print("ordinary questions: " + ", ".join(f"{end} {count}" for end, count in ends.most_common()))
    if chosen.out:
        rows = [asdict(one) for one in outcomes]
        chosen.out.write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")


if __name__ == "__main__":
    main()
