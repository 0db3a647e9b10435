"""The error table: complete, and the same on both ends of a call."""

from typing import Any

import grpc
import pytest

from kefu.common import errors
from kefu.common.errors import BackendUnavailable, BadRequest, Internal, Overloaded, PromptTooLong, ServiceError
from kefu.common.rpc.status import error_of, failure_of, is_connection_lost, trailers_of
from tests.support.table import table


def all_errors() -> list[type[ServiceError]]:
    return ServiceError.__subclasses__()


class FailedCall(grpc.RpcError):
    """A call that failed as the server said."""

    def __init__(self, error: ServiceError) -> None:
        self._error = error

    def code(self) -> grpc.StatusCode:
        return self._error.code

    def details(self) -> str:
        return self._error.message

    def trailing_metadata(self) -> Any:
        return trailers_of(self._error)


def test_the_table_at_the_top_of_the_module_names_every_error_with_its_code() -> None:
    table = (errors.__doc__ or "").split()
    assert len(all_errors()) > 20
    for error in all_errors():
        assert table[table.index(error.__name__) + 1] == error.code.name


def test_reasons_are_unique_and_screaming_snake() -> None:
    reasons = [error.reason for error in all_errors()]
    assert len(set(reasons)) == len(reasons)
    assert all(reason.replace("_", "").isalpha() and reason.isupper() for reason in reasons)


def test_a_call_is_lost_when_the_way_is_gone_and_not_when_a_service_said_what_is_wrong() -> None:
    assert is_connection_lost(FailedCall(BackendUnavailable("Gone.")))
    assert not is_connection_lost(FailedCall(Internal("It is in the log.")))

    class Reset(grpc.RpcError):
        """What gRPC makes of a stream that nginx reset."""

        def code(self) -> grpc.StatusCode:
            return grpc.StatusCode.INTERNAL

    assert is_connection_lost(Reset())


def test_retry_info_and_metadata_survive_the_wire() -> None:
    read = failure_of(FailedCall(Overloaded("Busy; come back.", metadata={"queue": "31"}, retry_after=1.25)))
    assert read == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", "Busy; come back.", {"queue": "31"}, 1.25)


def raised(kind: type[ServiceError]) -> ServiceError:
    if kind is BadRequest:
        return BadRequest("text", "is empty: say something.")
    if kind is PromptTooLong:
        return PromptTooLong(9000, 8192)
    return kind("It failed.", metadata={"limit": "rate"}, retry_after=2.5)


@table("kind", all_errors())
def test_every_error_is_the_same_at_the_caller(kind: type[ServiceError]) -> None:
    sent = raised(kind)
    read = error_of(FailedCall(sent))
    assert type(read) is kind
    assert vars(read) == vars(sent)
    assert str(read) == str(sent)


def test_a_reason_of_a_newer_release_is_told_as_it_is() -> None:
    sent = ServiceError("It is full moon.", retry_after=3.0)
    sent.code, sent.reason = grpc.StatusCode.ABORTED, "FULL_MOON"
    read = error_of(FailedCall(sent))
    assert (type(read), read.code, read.reason, read.retry_after) == (ServiceError, sent.code, "FULL_MOON", 3.0)


def test_a_bad_request_names_its_field() -> None:
    read = failure_of(FailedCall(BadRequest("text", "is empty.")))
    assert (read.reason, read.message, read.retry_after) == ("BAD_REQUEST", "text: is empty.", None)


def test_a_prompt_that_is_too_long_says_by_how_much() -> None:
    read = failure_of(FailedCall(PromptTooLong(9000, 8192)))
    assert read.metadata == {"prompt_tokens": "9000", "max_prompt_tokens": "8192"}


@pytest.mark.parametrize("trailers", [None, (), (("x", "y"),)])
def test_a_failure_without_details_has_no_reason(trailers: object) -> None:
    class Lost(grpc.RpcError):
        def code(self) -> grpc.StatusCode:
            return grpc.StatusCode.UNAVAILABLE

        def details(self) -> None:
            return None

        def trailing_metadata(self) -> Any:
            return trailers

    assert failure_of(Lost()) == (grpc.StatusCode.UNAVAILABLE, "", "", {}, None)
