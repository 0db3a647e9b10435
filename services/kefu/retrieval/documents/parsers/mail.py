"""The parser of mails: the text is a document under its subject, attachments are documents of their own."""

from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from pathlib import PurePosixPath
from typing import cast

from kefu.retrieval.documents.media_types import MEDIA_TYPE_BY_SUFFIX, is_icon
from kefu.retrieval.documents.parsed_document import Block, Member, ParsedDocument, Unreadable
from kefu.retrieval.documents.parsers.archive import escapes_folder, skipped_remark
from kefu.retrieval.documents.parsers.html import parse_html
from kefu.retrieval.documents.parsers.plain_text import parse_text

_ENDINGS = {"message/rfc822": ".eml", "text/html": ".html", "text/plain": ".txt", "application/pdf": ".pdf"}


def parse_mail(data: bytes) -> ParsedDocument:
    """Parse a mail. The title is the subject; sender and recipients are left out. Raises Unreadable."""
    mail = message_from_bytes(data, policy=policy.default)
    if not mail.keys():
        raise Unreadable("BROKEN_FILE", "It has no mail header; export the mail again as EML.")
    members: list[Member] = []
    skipped: list[str] = []
    for number, part in enumerate(mail.iter_attachments(), 1):
        ending = _ENDINGS.get(part.get_content_type(), "")
        name = (part.get_filename() or f"attachment-{number}{ending}").replace("\\", "/").rpartition("/")[2]
        if escapes_folder(name):
            name = f"attachment-{number}{ending}"
        if part.get_content_maintype() == "image" and part.get_content_disposition() != "attachment":
            continue  # a picture within the text
        content = _bytes_of(part)
        if PurePosixPath(name).suffix.lower() in MEDIA_TYPE_BY_SUFFIX and not is_icon(name, len(content)):
            members.append(Member(_unique_name(name, members), content))
        else:
            skipped.append(name)
    subject = " ".join(str(mail.get("subject", "")).split())
    return ParsedDocument(subject, _text(mail), members=members, remark=skipped_remark(skipped))


def _text(mail: EmailMessage) -> list[Block]:
    body = mail.get_body(("plain", "html"))
    if body is None:
        return []
    try:
        text = str(body.get_content())
    except LookupError:
        raise Unreadable(
            "BAD_ENCODING", f"Its text is in an unknown character set ({body.get_content_charset()}); save it as UTF-8."
        ) from None
    text = text.replace("\r\n", "\n")
    parsed = parse_html(text) if body.get_content_subtype() == "html" else parse_text(text)
    return parsed.blocks


def _bytes_of(part: Message) -> bytes:
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        return cast("list[Message]", inner)[0].as_bytes() if isinstance(inner, list) else b""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _unique_name(name: str, others: list[Member]) -> str:
    """The name, with a number if another attachment has the same one."""
    taken = {member.name for member in others}
    path, number = PurePosixPath(name), 2
    while name in taken:
        name, number = f"{path.stem}-{number}{path.suffix}", number + 1
    return name
