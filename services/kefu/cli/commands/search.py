"""`kefu search`: the passages that a question finds, with their scores."""

from typing import Annotated

import typer

from kefu.cli.commands.import_documents import import_
from kefu.cli.console import console, print_json
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.document_options import Filters, parse_pairs
from kefu.cli.remote.resource_names import draft_of, full, short
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1 import knowledge_pb2_grpc as rpc
from kefu.text.terminal_text import one_line, printable


async def search(
    target: Remote,
    question: Annotated[str, typer.Argument(help="What a customer may ask.")],
    collection: Annotated[
        list[str] | None,
        typer.Option("--collection", "-c", help="Search only this one; may be given again.", show_default=False),
    ] = None,
    top: Annotated[int, typer.Option("--top", "-n", help="Passages to show.", min=1, max=50)] = 5,
    as_of: Annotated[str, typer.Option(help="The day asked about. Default: today.", show_default=False)] = "",
    after: Annotated[str, typer.Option("--after", help="What the customer asked before.", show_default=False)] = "",
    language: Annotated[
        list[str] | None,
        typer.Option("--language", help="Only passages in this one; may be given again.", show_default=False),
    ] = None,
    filters: Filters = None,
    as_customer: Annotated[
        bool, typer.Option("--as-customer", help="Leave out what is for staff alone, as live chat does.")
    ] = False,
    draft: Annotated[
        str,
        typer.Option("--draft", help="A draft to search, by name, or with one --collection by id.", show_default=False),
    ] = "",
    whole: Annotated[bool, typer.Option("--whole", help="Show passages whole.")] = False,
    as_json: Json = False,
) -> None:
    """See what a question finds, with scores: the very search that live chat uses."""
    request = pb.SearchRequest(
        collections=[full("collections", name) for name in collection or ()],
        query=question,
        history=[after] if after else [],
        top_k=top,
        as_of=as_of,
        audience=pb.AUDIENCE_EVERYONE if as_customer else pb.AUDIENCE_UNSPECIFIED,
        languages=language or [],
        filters=[pb.Filter(key=key, value=value) for key, value in parse_pairs("--filter", filters or ())],
        draft=draft_of((collection or [""])[0], draft),
    )
    async with target.to_knowledge() as channel:
        found = await rpc.KnowledgeServiceStub(channel).Search(request, metadata=target.metadata)
    if as_json:
        print_json(found)
        return
    out = console()
    if found.read_as:
        out.print(f"Read as: {one_line(found.read_as, 300)}", soft_wrap=True)
    if not found.hits:
        out.print("Nothing was found.")
    for number, hit in enumerate(found.hits, 1):
        signals, passage = hit.signals, hit.passage
        place = " › ".join([passage.title, *passage.headings])
        out.print(f"{number}. {one_line(place, 140)}", style="bold", soft_wrap=True)
        out.print(
            f"   relevance {hit.relevance:.2f}  score {hit.score:.3f}  cosine {signals.cosine:.3f} "
            f"(rank {signals.dense_rank or '-'})  {'question' if signals.head_is_question else 'title'} "
            f"{signals.head_cosine:.3f}  bm25 {signals.bm25:.2f} (rank {signals.lexical_rank or '-'})  "
            f"{'translated words' if signals.other_language else 'words'} {signals.coverage:.0%}"
            f"{f'  reranked {signals.rerank:.3f}' if signals.HasField('rerank') else ''}  [{passage.language}]",
            style="cyan",
            soft_wrap=True,
        )
        out.print(
            f"   {passage.name}  ({printable(passage.path)}){_passage_facts(passage)}", style="dim", soft_wrap=True
        )
        for same in hit.same_passages:
            out.print(f"   the same words: {same}", style="dim", soft_wrap=True)
        if hit.HasField("instructions_from"):
            out.print(
                f"   left out of answers from character {hit.instructions_from} on, as an order to the assistant",
                style="yellow",
                soft_wrap=True,
            )
        text = printable(passage.text) if whole else one_line(passage.text, 300)
        out.print("\n".join(f"   {line}" for line in text.splitlines()), soft_wrap=True)
    if found.apart < found.min_apart:
        near = f"The next documents are about as good ({found.apart:.3f} apart, {found.min_apart:.3f} wanted)"
        out.print(f"{near}: a question like this is handed over.", style="yellow", soft_wrap=True)
    if found.HasField("curated_match"):
        _print_curated_match(found.curated_match)
    embed, total = found.embed.ToTimedelta().total_seconds(), found.total.ToTimedelta().total_seconds()
    history = "with what was asked before · " if found.used_history else ""
    out.print(
        f"language {found.query_language or '?'} · {history}"
        f"embedding {embed * 1000:.1f} ms · in all {total * 1000:.1f} ms",
        style="dim",
    )


def _passage_facts(passage: pb.Passage) -> str:
    """The audience and metadata of a passage in brackets; empty for most."""
    facts = ["for staff alone"] if passage.audience == pb.AUDIENCE_STAFF else []
    facts += [f"{key}={value}" for key, value in sorted(passage.metadata.items())]
    return f"  [{', '.join(map(printable, facts))}]" if facts else ""


_REASON_TEXTS = {
    "TOO_FAR": "the question is not near enough",
    "NOT_VALID": "it does not hold on that day",
    "OTHER_LANGUAGE": "it is in another language",
    "OTHER_NUMBER": "a number, date or code differs",
    "NEGATION": "one of the two questions negates or undoes",
    "OTHER_QUESTION": "the two ask for something else, such as when and how much",
    "OTHER_WORDS": "the two questions are about something else",
    "OTHER_ORDER": "the same words stand in another order",
}


def _print_curated_match(match: pb.CuratedMatch) -> None:
    out = console()
    applies = "applies" if match.applies else f"does not apply: {_REASON_TEXTS.get(match.reason, match.reason)}"
    style = "bold green" if match.applies else "yellow"
    out.print(f"Curated answer {short(match.curated_answer.name)} {applies}", style=style, soft_wrap=True)
    near = f"cosine {match.cosine:.3f}, at least {match.least_cosine:.2f} is needed"
    out.print(f"   nearest question: {one_line(match.question, 160)}  ({near})", soft_wrap=True)
    for whose, words in (("that question", match.question_words), ("this one", match.query_words)):
        if words:
            out.print(f"   only {whose} has: {one_line(', '.join(words), 160)}", soft_wrap=True)
    if match.reason in _SOLVED_BY_ANOTHER_QUESTION:
        out.print("   If they ask the same, add this question to the answer's questions.", style="dim", soft_wrap=True)
    whom = " (for staff alone)" if match.curated_answer.audience == pb.AUDIENCE_STAFF else ""
    out.print(f"   answer{whom}: {one_line(match.curated_answer.answer, 300)}", soft_wrap=True)


_SOLVED_BY_ANOTHER_QUESTION = ("TOO_FAR", "OTHER_QUESTION", "OTHER_WORDS", "OTHER_ORDER")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("import")(remote(import_))
    app.command()(remote(search))
