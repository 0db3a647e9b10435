"""Options that say what documents are, or which ones are wanted: audience, metadata."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import typer

from kefu.cli.console import CommandFailed
from kefu.retrieval.v1 import knowledge_pb2 as pb


class Audience(StrEnum):
    """Whom something may be shown to."""

    EVERYONE = "everyone"
    STAFF = "staff"

    def message(self) -> pb.Audience.ValueType:
        """As the contract has it."""
        return pb.AUDIENCE_STAFF if self is Audience.STAFF else pb.AUDIENCE_EVERYONE


Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        metavar="KEY=VALUE",
        help="Only documents with this in their metadata, such as product=kettle; KEY= for those without. May be given "
        "again: all keys, and of several values of a key any.",
        show_default=False,
    ),
]


def parse_pairs(option: str, given: Iterable[str]) -> list[tuple[str, str]]:
    """What stands left and right of the first "=" of each; raises CommandFailed where there is none."""
    pairs: list[tuple[str, str]] = []
    for one in given:
        key, sign, value = one.partition("=")
        if not sign:
            raise CommandFailed(f"{option} {one} has no =; write {option} KEY=VALUE.")
        pairs.append((key.strip(), value.strip()))
    return pairs


def audience_name(audience: pb.Audience.ValueType) -> str:
    """As the options have it."""
    return str(Audience.STAFF if audience == pb.AUDIENCE_STAFF else Audience.EVERYONE)
