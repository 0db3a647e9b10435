"""The shutdown of a listening socket."""

import asyncio
import socket

import pytest

from kefu.common.rpc.listening_socket import stop_listening


async def test_what_was_not_accepted_yet_is_waited_for_and_nothing_more_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        with socket.create_connection(address) as customer:
            customer.sendall(b"hello")
            stopping = asyncio.create_task(stop_listening(address[1]))
            await asyncio.sleep(0.3)  # the thread that accepts is not given the processor
            assert not stopping.done()
            accepted, _ = listener.accept()
            with accepted:
                assert await asyncio.wait_for(stopping, 2)
                assert accepted.recv(5) == b"hello"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)


async def test_a_port_that_nobody_listens_on_here_is_left_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert not await stop_listening(port)
