"""Output of the command line: colour only on a terminal, and no control characters from outside."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Any, NoReturn

import grpc
import typer
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.table import Table

from kefu.common.rpc.status import RpcFailure, failure_of
from kefu.text.terminal_text import printable

FAILED = 1
UNAVAILABLE = 69  # sysexits.h: EX_UNAVAILABLE
_PIPED_WIDTH = 320  # nobody looks at the width of a pipe, and no name in a table should be cut for it


class CommandFailed(Exception):
    """A command failed. The message is a sentence for the user; `status` is the exit status."""

    def __init__(self, message: str, status: int = FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


def console(*, stderr: bool = False) -> Console:
    """A console for standard output, or for standard error. Strings are printed without markup and emoji codes."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _PIPED_WIDTH
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False, width=width)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str = "") -> None:
    """Print a plain table, or `empty` when there are no rows."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(printable(cell) for cell in row))
    if table.row_count:
        console().print(table)
    elif empty:
        console().print(empty)


def counted(number: int, noun: str) -> str:
    """A number and its noun, such as "1 passage" or "2 passages"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def print_json(value: object) -> None:
    """Print one JSON document. Protobuf messages in it become objects with the contract's field names."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=as_dict))


def as_dict(message: Message) -> dict[str, Any]:
    """A message as a JSON object with the contract's field names, unset fields without presence included."""
    return MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)


def local_time(time: Timestamp) -> str:
    """A time in this machine's zone, to the minute; empty for an unset one."""
    if not time.ByteSize():
        return ""
    return time.ToDatetime(tzinfo=UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def exit_with(failure: CommandFailed) -> NoReturn:
    """Print a failure to standard error, and exit with its status."""
    console(stderr=True).print(printable(failure.message), style="red", soft_wrap=True)
    raise typer.Exit(failure.status)


def command_failure(error: grpc.RpcError, address: str) -> CommandFailed:
    """A failed call as one sentence with its reason and an advice. `address` is the called server's."""
    failure = failure_of(error)
    advice = _advice(failure, address)
    if not failure.reason and failure.code is grpc.StatusCode.UNAVAILABLE:
        return CommandFailed(f"Nothing answers at {address}. Is Kefu running? Start it with `kefu up`.", UNAVAILABLE)
    message = failure.message.strip() or "It failed without saying why."
    if message[-1] not in ".!?。":
        message += "."
    sentence = f"{message} ({failure.reason or failure.code.name})"
    status = UNAVAILABLE if failure.code is grpc.StatusCode.UNAVAILABLE else FAILED
    return CommandFailed(f"{sentence} {advice}".rstrip(), status)


def _advice(failure: RpcFailure, address: str) -> str:
    if failure.retry_after is not None:
        return f"Try again in {failure.retry_after:.0f} s."
    if failure.code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return f"{address} did not answer in time: see `kefu status` and `kefu logs`."
    if failure.code is grpc.StatusCode.UNIMPLEMENTED:
        return f"{address} is another service, or another release of Kefu; see --server and --knowledge-server."
    if action := failure.metadata.get("action"):
        show = f"`kefu actions show {action}` says how it is called."
        url = failure.metadata.get("url")
        return f"Look at your own system, {url}: {show}" if url else show
    return _BY_REASON.get(failure.reason, "")


_BY_REASON = {
    "UNAUTHENTICATED": "Give a key with --key or KEFU_KEY; `kefu up` keeps its own in the data folder.",
    "SCOPE_MISSING": "`kefu whoami` says what this key may do; `kefu keys create --role …` makes another one.",
    "KEY_TOO_STRONG": "`kefu whoami` says what this key may do.",
    "SESSION_NOT_FOUND": "`kefu sessions` lists those that this key opened.",
    "TURN_NOT_FOUND": "`kefu sessions show SESSION` lists its turns.",
    "COLLECTION_NOT_FOUND": "`kefu collections` lists them; `kefu import --create` makes one.",
    "DOCUMENT_NOT_FOUND": "`kefu documents` lists them.",
    "CURATED_ANSWER_NOT_FOUND": "`kefu curated` lists them.",
    "TENANT_NOT_FOUND": "`kefu tenants` lists them.",
    "KEY_NOT_FOUND": "`kefu keys` lists them.",
    "GOLDEN_QUESTION_NOT_FOUND": "`kefu golden` lists them.",
    "GOLDEN_RUN_NOT_FOUND": "`kefu golden runs` lists them.",
    "WEBHOOK_NOT_FOUND": "`kefu webhooks` lists them.",
    "DELIVERY_NOT_FOUND": "`kefu webhooks deliveries WEBHOOK` lists them.",
    "ALREADY_CLAIMED": "`kefu desk claim --take-over` takes it nevertheless.",
    "CLAIM_LOST": "`kefu desk` shows who holds it; `kefu desk claim` gives a new number.",
    "SESSION_BUSY": "Wait until it has answered, or use --on-busy.",
    "STALE_REVISION": "Run the command again: it reads the settings anew.",
    "SESSION_CLOSED": "Leave --session out to open another one.",
    "BACKEND_UNAVAILABLE": "See `kefu status`.",
    "POISONED_MESSAGE": "`kefu logs` shows where the routers ended.",
    "INTERNAL": "See `kefu logs`.",
}
