"""Mail over SMTP: plain messages to one address."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import make_msgid
from urllib.parse import unquote, urlsplit

import structlog

from kefu.common.errors import BackendUnavailable

_TIMEOUT_SECONDS = 10.0
_DEFAULT_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class SmtpServer:
    """A mail server: "smtp://host:25", "smtp+starttls://user:password@host:587" or "smtps://user:password@host"."""

    scheme: str
    host: str
    port: int
    user: str
    password: str

    @classmethod
    def of(cls, url: str) -> "SmtpServer":
        """Read a URL. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
            raise ValueError("must look like smtp+starttls://user:password@mail.example.com:587 (or smtps://, smtp://)")
        return cls(
            parts.scheme,
            parts.hostname,
            parts.port or _DEFAULT_PORTS[parts.scheme],
            unquote(parts.username or ""),
            unquote(parts.password or ""),
        )

    def __repr__(self) -> str:
        return f"SmtpServer({self.scheme}://{self.host}:{self.port})"  # a password belongs in no log


class Mailer:
    """Sends messages through one server. `sender` is the address in From."""

    def __init__(self, server: SmtpServer, sender: str) -> None:
        self._server = server
        self._sender = sender

    async def send(self, to: Address, subject: str, text: str) -> None:
        """Send a message. Raises BackendUnavailable when the server did not take it."""
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = to
        message["Subject"] = subject
        message["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2] or "localhost")
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office reply, please
        message.set_content(text)
        try:
            await asyncio.to_thread(self._deliver, message)
        except (OSError, smtplib.SMTPException) as error:
            _log.warning("mail.not_sent", server=repr(self._server), cause=type(error).__name__)
            raise BackendUnavailable("The message could not be sent; try again later.", retry_after=60.0) from error

    def _deliver(self, message: EmailMessage) -> None:
        server, secure = self._server, ssl.create_default_context()
        if server.scheme == "smtps":
            connection = smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT_SECONDS, context=secure)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT_SECONDS)
        with connection:
            if server.scheme == "smtp+starttls":
                connection.starttls(context=secure)
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(message)
