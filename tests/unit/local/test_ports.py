"""Ports of `kefu up`."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kefu.local.errors import LocalError
from kefu.local.ports import PortAllocator, is_free
from kefu.testing.ports import free_port


@contextmanager
def taken(port: int) -> Iterator[None]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", port))
        holder.listen()
        yield


def test_the_usual_port_is_taken_without_a_word_when_it_is_free() -> None:
    said: list[str] = []
    port = free_port()
    assert PortAllocator(said.append).allocate("the router", port) == port
    assert said == []


def test_a_usual_port_in_use_is_replaced_and_its_holder_named() -> None:
    said: list[str] = []
    port = free_port()
    with taken(port):
        chosen = PortAllocator(said.append).allocate("the router", port)
    assert chosen > port
    assert is_free(chosen)
    (sentence,) = said
    assert str(port) in sentence
    assert str(chosen) in sentence
    assert "process" in sentence


def test_a_port_that_was_asked_for_is_not_replaced() -> None:
    port = free_port()
    with taken(port), pytest.raises(LocalError, match=f"Port {port} for the router is in use by .*process"):
        PortAllocator(print).allocate("the router", 50051, port)


def test_no_port_is_given_twice() -> None:
    ports = PortAllocator(print)
    usual = free_port()
    assert ports.allocate("a", usual) != ports.allocate("b", usual)
    with pytest.raises(LocalError, match="twice"):
        ports.allocate("c", 1, usual)
