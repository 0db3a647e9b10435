"""A mail server (aiosmtpd) that keeps what it takes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from kefu.testing.ports import free_port


class Mailbox:
    """The messages that the server took, and its port; `refuses`: it takes none."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.messages: list[EmailMessage] = []
        self.refuses = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep a message, as aiosmtpd asks."""
        if self.refuses:
            return "451 try again later"
        self.messages.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    def code(self) -> str:
        """The six digits in the last message."""
        found = re.search(r"\b[0-9]{6}\b", self.messages[-1].get_content())
        assert found is not None
        return found[0]


@contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    """A mail server while the block runs."""
    mailbox = Mailbox(free_port())
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
