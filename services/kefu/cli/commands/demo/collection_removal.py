"""Removal of what the demo imported: the collection, or what in it is the sample's."""

import hashlib

import grpc.aio

from kefu.cli.commands.collections import collections_of
from kefu.cli.commands.demo.removal_report import Report
from kefu.cli.commands.demo.sample import COLLECTION, sample_files
from kefu.cli.console import counted
from kefu.cli.remote.connection import Remote
from kefu.cli.remote.pagination import all_pages
from kefu.cli.remote.resource_names import short
from kefu.retrieval.v1 import draft_pb2, draft_pb2_grpc, knowledge_pb2, knowledge_pb2_grpc, source_pb2, source_pb2_grpc
from kefu.text.terminal_text import one_line


async def remove_collection(target: Remote, report: Report) -> None:
    """Remove the demo's collection; with anything else in it, only what is the sample's."""
    name = f"collections/{COLLECTION}"
    if all(each.name != name for each in await collections_of(target)):
        return
    async with target.to_knowledge() as channel:
        stub, drafts = knowledge_pb2_grpc.KnowledgeServiceStub(channel), draft_pb2_grpc.DraftServiceStub(channel)
        request = draft_pb2.ListDraftsRequest(collection=name, open_only=True)
        if found := (await drafts.ListDrafts(request, metadata=target.metadata)).drafts:
            why = f"{short(found[0].name)} is an open draft of it; promote or discard it first"
            report.stays(f"the collection {COLLECTION}", why)
            return
        documents, curated = await _contents(stub, target, name)
        digests, answers = _sample_digests(), _sample_answers(name)
        demo_documents = [each for each in documents if each.sha256 == digests.get(each.path)]
        demo_curated = [each for each in curated if _as_imported(each) == answers.get(each.name)]
        going = {each.name for each in (*demo_documents, *demo_curated)}
        others = [each.path for each in documents if each.name not in going]
        others += [f"the answer to “{each.questions[0]}”" for each in curated if each.name not in going]
        others += await _other_contents(stub, channel, target, name)
        if not going:
            report.stays(f"the collection {COLLECTION}", "nothing in it is the demo's")
            return
        counts = f"{counted(len(demo_documents), 'document')} and {counted(len(demo_curated), 'curated answer')}"
        if not others:
            await stub.DeleteCollection(knowledge_pb2.DeleteCollectionRequest(name=name), metadata=target.metadata)
            report.removed(f"the collection {COLLECTION} with {counts}")
            return
        for each in demo_documents:
            await stub.DeleteDocument(knowledge_pb2.DeleteDocumentRequest(name=each.name), metadata=target.metadata)
        for each in demo_curated:
            await stub.DeleteCuratedAnswer(
                knowledge_pb2.DeleteCuratedAnswerRequest(name=each.name), metadata=target.metadata
            )
        report.removed(f"{counts} of the collection {COLLECTION}")
        listed = one_line(", ".join(others), 300)
        report.stays(f"the collection {COLLECTION}", f"it has what is not the demo's, or was changed since: {listed}")


async def _contents(
    stub: "knowledge_pb2_grpc.KnowledgeServiceAsyncStub", target: Remote, name: str
) -> tuple[list[knowledge_pb2.Document], list[knowledge_pb2.CuratedAnswer]]:
    documents = knowledge_pb2.ListDocumentsRequest(collection=name)
    curated = knowledge_pb2.ListCuratedAnswersRequest(collection=name)
    return (
        await all_pages(target, stub.ListDocuments, documents, lambda page: page.documents),
        await all_pages(target, stub.ListCuratedAnswers, curated, lambda page: page.curated_answers),
    )


async def _other_contents(
    stub: "knowledge_pb2_grpc.KnowledgeServiceAsyncStub", channel: grpc.aio.Channel, target: Remote, name: str
) -> list[str]:
    """What a collection has beside documents and curated answers, for people. The demo's has none of it."""
    sources = await source_pb2_grpc.SourceServiceStub(channel).ListSources(
        source_pb2.ListSourcesRequest(collection=name), metadata=target.metadata
    )
    request = knowledge_pb2.GetDictionaryRequest(collection=name)
    found = await stub.GetDictionary(request, metadata=target.metadata)
    words = ["a dictionary"] if found.dictionary.ByteSize() else []
    return [f"the source {short(each.name)}" for each in sources.sources] + words


def _sample_digests() -> dict[str, str]:
    """SHA-256 of the sample's documents, by path."""
    files = (each for each in sample_files().files if not each.curated)
    return {each.path: hashlib.sha256(each.file.read_bytes()).hexdigest() for each in files}


def _sample_answers(collection: str) -> dict[str, knowledge_pb2.CuratedAnswer]:
    """The sample's curated answers by name, as the knowledge base stores them."""
    from kefu.retrieval.documents.parsers.curated_csv import parse_curated_csv

    drafts = [
        draft for each in sample_files().files if each.curated for draft in parse_curated_csv(each.file.read_bytes())
    ]
    return {
        f"{collection}/curatedAnswers/{draft.id}": knowledge_pb2.CuratedAnswer(
            name=f"{collection}/curatedAnswers/{draft.id}",
            questions=draft.questions,
            answer=draft.answer,
            language=draft.language,
            audience=knowledge_pb2.AUDIENCE_EVERYONE,
        )
        for draft in drafts
    }


def _as_imported(stored: knowledge_pb2.CuratedAnswer) -> knowledge_pb2.CuratedAnswer:
    one = knowledge_pb2.CuratedAnswer()
    one.CopyFrom(stored)
    one.ClearField("update_time")
    return one
