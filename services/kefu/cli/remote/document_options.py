"""Options for documents and searches: audience, metadata, filters."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import typer

from kefu.cli.console import CommandFailed
from kefu.retrieval.v1 import knowledge_pb2 as pb


class Audience(StrEnum):
    """The people to whom a document may be shown."""

    EVERYONE = "everyone"
    """Customers too."""
    STAFF = "staff"
    """Agents and operators only."""

    def message(self) -> pb.Audience.ValueType:
        """The audience in the contract."""
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
    """The pairs in texts such as "key=value", split at the first "=". Raises CommandFailed for one without.

    `option` is named in the message.
    """
    pairs: list[tuple[str, str]] = []
    for one in given:
        key, sign, value = one.partition("=")
        if not sign:
            raise CommandFailed(f"{option} {one} has no =; write {option} KEY=VALUE.")
        pairs.append((key.strip(), value.strip()))
    return pairs


def audience_name(audience: pb.Audience.ValueType) -> str:
    """The name of an audience among the options."""
    return str(Audience.STAFF if audience == pb.AUDIENCE_STAFF else Audience.EVERYONE)
