"""
The Python client of Kefu: questions, answers, sessions, documents.

    async with Client("127.0.0.1:50051", key=KEY) as kefu:
        answer = await kefu.ask("How long are gift cards valid?")
        print(answer.text, [citation.title for citation in answer.citations])

Failures are raised as classes of `kefu.common.errors`, one for each reason. The client needs grpcio, protobuf and
googleapis-common-protos, and nothing else of what Kefu's services need. docs/guides/clients.md shows everything.
"""

from kefu.client.answer import Answer, Event
from kefu.client.client import NEW_SESSION, Client
from kefu.client.document_import import Document
from kefu.common.errors import ServiceError

__all__ = ["NEW_SESSION", "Answer", "Client", "Document", "Event", "ServiceError"]
