"""GET /v1/models and POST /v1/embeddings."""

import base64
import struct
from typing import Any, Literal

import grpc
import grpc.aio
from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kefu.common.errors import ServiceError
from kefu.gateway.auth.callers import Caller, CallerResolver
from kefu.gateway.failures import Failure
from kefu.gateway.grpc_backends import CHAT, KNOWLEDGE, Backends
from kefu.gateway.middleware.request_body import body_of_request
from kefu.gateway.openai_api.chat_request import MODEL, collection_of
from kefu.gateway.openai_api.errors import InvalidRequest, error_response
from kefu.gateway.site_api import client_address, count_unauthenticated
from kefu.retrieval.v1 import knowledge_pb2
from kefu.router.v1 import chat_pb2

EMBEDDER = "kefu-embedding"
_CALL_TIMEOUT_SECONDS = 30.0
_MAX_BODY_BYTES = 1024 * 1024
_MAX_COLLECTIONS = 100


class _EmbeddingRequest(BaseModel):
    model: str
    input: str | list[str]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = Field(default=None, ge=1)
    input_type: Literal["query", "passage"] = "passage"


class ModelEndpoints:
    """The endpoints of models and embeddings."""

    def __init__(self, backends: Backends, callers: CallerResolver) -> None:
        self._backends = backends
        self._callers = callers

    async def models(self, request: Request) -> Response:
        """GET /v1/models: one model for all knowledge, and one for each collection that the key may list."""
        try:
            caller = await self._authenticated_caller(request, CHAT, "ListSessions")
            names = [MODEL, *(f"{MODEL}/{collection}" for collection in await self._collections(caller)), EMBEDDER]
        except (ServiceError, grpc.aio.AioRpcError) as error:
            return error_response(Failure.of(error))
        return JSONResponse({"object": "list", "data": [_model(name) for name in names]})

    async def model(self, request: Request) -> Response:
        """GET /v1/models/{model}: one model by its name."""
        name = request.path_params["model"]
        try:
            caller = await self._authenticated_caller(request, CHAT, "ListSessions")
            if name != EMBEDDER:
                collection = collection_of(name)
                if collection and collection not in await self._collections(caller):
                    raise InvalidRequest(
                        f"There is no model {name[:100]} here.", "model", code="model_not_found", status=404
                    )
        except InvalidRequest as error:
            return error_response(error)
        except (ServiceError, grpc.aio.AioRpcError) as error:
            return error_response(Failure.of(error))
        return JSONResponse(_model(name))

    async def embeddings(self, request: Request) -> Response:
        """POST /v1/embeddings: the embedder's vectors. Needs a key with the scope `knowledge`."""
        try:
            caller = await self._callers.caller(request.headers.get("authorization"), client_address(request))
            self._callers.admit(caller, KNOWLEDGE, "Embed")
            embedding_request = _read_embedding_request(await body_of_request(request, _MAX_BODY_BYTES))
            texts = [embedding_request.input] if isinstance(embedding_request.input, str) else embedding_request.input
            embed = knowledge_pb2.EmbedRequest(texts=texts, passages=embedding_request.input_type == "passage")
            found: knowledge_pb2.EmbedResponse = await self._call(caller, f"/{KNOWLEDGE}/Embed", embed)
            vectors = [list(embedding.values) for embedding in found.embeddings]
            if embedding_request.dimensions not in (None, len(vectors[0])):
                raise InvalidRequest(
                    f"dimensions: this embedder's vectors have {len(vectors[0])}.",
                    "dimensions",
                    code="unsupported_value",
                )
        except InvalidRequest as error:
            return error_response(error)
        except (ServiceError, grpc.aio.AioRpcError) as error:
            return error_response(Failure.of(error))
        data = [
            {
                "object": "embedding",
                "index": index,
                "embedding": _encode_vector(vector, embedding_request.encoding_format),
            }
            for index, vector in enumerate(vectors)
        ]
        # The embedder's tokens are not counted; a figure would be a guess.
        usage = {"prompt_tokens": 0, "total_tokens": 0}
        return JSONResponse(
            {"object": "list", "data": data, "model": EMBEDDER, "usage": usage, "kefu": {"embedder": found.embedder}}
        )

    async def _authenticated_caller(self, request: Request, service: str, method: str) -> Caller:
        """A caller whose key is valid. Only the services can check a key, so one of them is called."""
        caller = await self._callers.caller(request.headers.get("authorization"), client_address(request))
        self._callers.admit(caller, service, method)
        await self._call(caller, f"/{CHAT}/ListSessions", chat_pb2.ListSessionsRequest(page_size=1))
        return caller

    async def _collections(self, caller: Caller) -> list[str]:
        request = knowledge_pb2.ListCollectionsRequest(page_size=_MAX_COLLECTIONS)
        try:
            found: knowledge_pb2.ListCollectionsResponse = await self._call(
                caller, f"/{KNOWLEDGE}/ListCollections", request
            )
        except grpc.aio.AioRpcError as error:
            if error.code() in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAVAILABLE):
                return []  # a key for chat alone may not list collections, though answers come from them
            raise
        return [collection.name.rpartition("/")[2] for collection in found.collections]

    async def _call(self, caller: Caller, path: str, request: Any) -> Any:
        try:
            return await self._backends.call(path, request, caller.metadata(), _CALL_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError as error:
            count_unauthenticated(self._callers, caller.address, error)
            raise


def _read_embedding_request(body: bytes) -> _EmbeddingRequest:
    try:
        embedding_request = _EmbeddingRequest.model_validate_json(body)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in problem["loc"]) or None
        raise InvalidRequest(f"{path or 'The body'}: {problem['msg']}.", path) from None
    if embedding_request.model != EMBEDDER:
        raise InvalidRequest(f"There is no such embedder; use {EMBEDDER}.", "model", code="model_not_found", status=404)
    return embedding_request


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "kefu"}


def _encode_vector(vector: list[float], encoding: str) -> list[float] | str:
    if encoding == "float":
        return vector
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
