"""`kefu dictionary`: product names and synonyms of a knowledge base."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from kefu.cli.commands.collections import Draft
from kefu.cli.console import CommandFailed, console, counted, print_json
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.resource_names import draft_name, full
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1 import knowledge_pb2_grpc as rpc


async def dictionary(
    target: Remote,
    collection: Annotated[str, typer.Argument(help="The knowledge base's id.")],
    file: Annotated[
        Path | None,
        typer.Argument(
            help="One entry a line: a word as in jieba's user dictionaries (word, how often, tag; the last two may be "
            "left out), or words that count as one (保修=质保=warranty). It replaces the dictionary before; an empty "
            "file removes that. Without a file, the dictionary is printed.",
            show_default=False,
        ),
    ] = None,
    draft: Draft = "",
    as_json: Json = False,
) -> None:
    """Put or print the words of the trade: product names that are never cut in two, and synonyms."""
    name, in_draft = full("collections", collection), draft_name(collection, draft)
    async with target.to_knowledge() as channel:
        stub = rpc.KnowledgeServiceStub(channel)
        if file is None:
            got = await stub.GetDictionary(
                pb.GetDictionaryRequest(collection=name, draft=in_draft), metadata=target.metadata
            )
            stored = got.dictionary
        else:
            put = pb.PutDictionaryRequest(collection=name, dictionary=pb.Dictionary(text=_read(file)), draft=in_draft)
            stored = (await stub.PutDictionary(put, metadata=target.metadata)).dictionary
    if as_json:
        print_json(stored)
    elif file is not None:
        console().print(
            f"Put the dictionary of {name}: {counted(len(stored.text.splitlines()), 'line')}.", soft_wrap=True
        )
    else:
        sys.stdout.write(stored.text)


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except OSError as exc:
        raise CommandFailed(f"{file} cannot be read: {exc.strerror}.") from None
    except UnicodeDecodeError:
        raise CommandFailed(f"{file} is not UTF-8; save it as that.") from None


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(remote(dictionary))
