"""Import of documents. After a broken stream, only documents without a result are sent again."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import grpc.aio

from kefu.client.persistence import Persistence
from kefu.client.turns import Metadata
from kefu.common.rpc.status import failure_of
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1 import knowledge_pb2_grpc as rpc

PART_BYTES = 512 * 1024  # the contract allows 1 MiB; smaller parts make steadier progress
UNREADABLE = "UNREADABLE"
"""Reason of a document whose file this program could not read."""
_TRIES = 4
Progress = Callable[[pb.ImportDocumentsResponse], None]


@dataclass(frozen=True)
class Document:
    """A document to import."""

    path: str
    """The document's name in its collection. A document with the same path is replaced."""
    content: Path | bytes
    """A file, or the bytes themselves."""
    about: pb.DocumentStart = field(default_factory=pb.DocumentStart)
    """Further fields, such as language and metadata: see DocumentStart."""

    def parts(self) -> Iterator[bytes]:
        """The bytes of the document, in parts of at most PART_BYTES."""
        if isinstance(self.content, bytes):
            for start in range(0, len(self.content), PART_BYTES):
                yield self.content[start : start + PART_BYTES]
            return
        with self.content.open("rb") as opened:
            while part := opened.read(PART_BYTES):
                yield part


async def send(
    channel: grpc.aio.Channel,
    start: pb.ImportStart,
    documents: Sequence[Document],
    progress: Progress,
    metadata: Metadata,
    persistence: Persistence,
) -> dict[str, pb.DocumentResult]:
    """Send documents. Returns the result of each, by path. Raises ServiceErrors."""
    stub, results = rpc.KnowledgeServiceStub(channel), dict[str, pb.DocumentResult]()

    def tell(response: pb.ImportDocumentsResponse) -> None:
        if response.WhichOneof("report") == "result":
            results[response.result.path] = response.result
        progress(response)

    while True:
        pending = [document for document in documents if document.path not in results]
        call = stub.ImportDocuments(_requests(start, pending, tell), metadata=metadata)
        try:
            async for response in call:
                persistence.progressed()
                tell(response)
        except grpc.aio.AioRpcError as error:
            said = await _what_the_server_said(error, stub, start, metadata)
            if said is None:
                persistence.progressed()
            await persistence.pause(said or error)
        else:
            return results
        finally:
            call.cancel()


async def _what_the_server_said(
    error: grpc.aio.AioRpcError, stub: "rpc.KnowledgeServiceAsyncStub", start: pb.ImportStart, metadata: Metadata
) -> grpc.aio.AioRpcError | None:
    """The error of a server that ended a stream during a write; None when the server would accept the stream now.

    grpc.aio may report the failed write instead (INTERNAL, without a reason). Then a short import asks the server
    again, and once more if that one is cut off too.
    """
    for _ in range(_TRIES):
        if error.code() is not grpc.StatusCode.INTERNAL or failure_of(error).reason:
            break
        try:
            await stub.ListCollections(pb.ListCollectionsRequest(page_size=1), metadata=metadata)
            async for _ in stub.ImportDocuments(_only(start), metadata=metadata):
                pass  # of no document there is nothing to report
        except grpc.aio.AioRpcError as said:
            error = said
        else:
            return None
    return error


async def _only(start: pb.ImportStart) -> AsyncIterator[pb.ImportDocumentsRequest]:
    yield pb.ImportDocumentsRequest(start=start)


async def _requests(
    start: pb.ImportStart, documents: Sequence[Document], tell: Progress
) -> AsyncIterator[pb.ImportDocumentsRequest]:
    yield pb.ImportDocumentsRequest(start=start)
    for document in documents:
        try:
            if isinstance(document.content, Path):
                with document.content.open("rb"):
                    pass  # reported before its DocumentStart is sent, or an empty document would be imported
        except OSError as exc:
            kinds, message = pb.DocumentResult, f"cannot be read: {exc.strerror}"
            failed = kinds(path=document.path, outcome=kinds.OUTCOME_FAILED, reason=UNREADABLE, message=message)
            tell(pb.ImportDocumentsResponse(result=failed))
            continue
        head = pb.DocumentStart()
        head.CopyFrom(document.about)
        head.path = document.path
        yield pb.ImportDocumentsRequest(document=head)
        for part in document.parts():
            yield pb.ImportDocumentsRequest(data=part)
