"""Ports of `kefu up`."""

import socket
import sys
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


@contextmanager
def connection_from(port: int) -> Iterator[socket.socket]:
    """A connection to some listener whose source port is `port`."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as source:
        source.bind(("127.0.0.1", port))
        source.connect(listener.getsockname())
        with listener.accept()[0]:
            yield source


def test_a_port_that_is_the_source_of_a_connection_that_has_ended_is_passed_over() -> None:
    port = free_port()
    with connection_from(port) as source:
        source.close()  # first: this end is in TIME-WAIT now
    with PortAllocator(lambda _: None) as ports:
        assert not is_free(port)
        assert ports.allocate("the router", port) > port


@pytest.mark.skipif(sys.platform != "linux", reason="only there it is reserved")
def test_an_allocated_port_can_become_no_connections_source_and_its_service_can_listen_again_and_again() -> None:
    port = free_port()
    with PortAllocator(print) as ports:
        assert ports.allocate("the router", port) == port
        for _ in range(2):
            with pytest.raises(OSError, match="in use"), connection_from(port):
                pass
            with (
                socket.create_server(("127.0.0.1", port)) as service,
                socket.create_connection(("127.0.0.1", port)) as client,
            ):
                service.accept()[0].close()  # this end lingers at the service's port
                assert client.recv(1) == b""
    assert is_free(port), "it was not given back"


@pytest.mark.skipif(sys.platform != "linux", reason="only there it is reserved")
def test_two_that_start_at_once_do_not_get_one_port() -> None:
    port = free_port()
    with PortAllocator(print) as one, PortAllocator(print) as other:
        assert one.allocate("the order system", port) == port
        assert other.allocate("the order system", port) > port
        with pytest.raises(LocalError, match=f"Port {port} .* is in use"):
            other.allocate("the order system", port, port)
    with PortAllocator(print) as later:
        assert later.allocate("the order system", port) == port


def test_the_usual_port_is_taken_without_a_word_when_it_is_free() -> None:
    said: list[str] = []
    port = free_port()
    with PortAllocator(said.append) as ports:
        assert ports.allocate("the router", port) == port
    assert said == []


def test_a_usual_port_in_use_is_replaced_and_its_holder_named() -> None:
    said: list[str] = []
    port = free_port()
    with taken(port), PortAllocator(said.append) as ports:
        chosen = ports.allocate("the router", port)
    assert chosen > port
    assert is_free(chosen)
    (sentence,) = said
    assert str(port) in sentence
    assert str(chosen) in sentence
    assert "process" in sentence


def test_a_port_that_was_asked_for_is_not_replaced() -> None:
    port = free_port()
    refused = pytest.raises(LocalError, match=f"Port {port} for the router is in use by .*process")
    with taken(port), PortAllocator(print) as ports, refused:
        ports.allocate("the router", 50051, port)


def test_no_port_is_given_twice() -> None:
    usual = free_port()
    with PortAllocator(print) as ports:
        assert ports.allocate("a", usual) != ports.allocate("b", usual)
        with pytest.raises(LocalError, match="twice"):
            ports.allocate("c", 1, usual)
