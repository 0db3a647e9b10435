"""Codes by mail: six digits that prove that a visitor reads the mail of an address."""

import hashlib
import hmac
import json
import secrets
from email.errors import HeaderParseError
from email.headerregistry import Address

from kefu.common.errors import BadRequest, EmailCodeLimit, IdentityNotVerified, IdentityOff
from kefu.common.redis.commands import RedisCommands
from kefu.router.conversations.identity.mailer import Mailer
from kefu.router.storage import keys
from kefu.text.language import AnswerLanguage

CODE_SECONDS = 600
MOST_TRIES = 3
MAX_EMAIL_CHARACTERS = 254  # RFC 5321, 4.5.3.1.3, and its erratum 1690
_LIMIT_SECONDS = 3600
_MOST_OF_ADDRESS, _MOST_OF_VISITOR, _MOST_OF_TENANT = 5, 5, 2_000
"""Codes an hour. An address is a mailbox: name+anything is name's. Through the gateway come fewer than a tenant's,
shared among networks (site_api.py)."""

COUNT_CODE = """
-- KEYS: counters. ARGV: seconds, then the most of each
for at, key in ipairs(KEYS) do
  if tonumber(redis.call('GET', key) or 0) >= tonumber(ARGV[at + 1]) then return math.max(redis.call('TTL', key), 1) end
end
for _, key in ipairs(KEYS) do
  if redis.call('INCR', key) == 1 then redis.call('EXPIRE', key, ARGV[1]) end
end
return 0
"""
"""Count a code. Returns the seconds to wait when one of the counters is full; then none is counted."""

TRY_CODE = """
-- KEYS: code. ARGV: digest, most tries
local stored = redis.call('HGET', KEYS[1], 'digest')
if not stored then return 'none' end
if stored == ARGV[1] then
  redis.call('DEL', KEYS[1])
  return 'right'
end
if redis.call('HINCRBY', KEYS[1], 'tries', 1) >= tonumber(ARGV[2]) then redis.call('DEL', KEYS[1]) end
return 'wrong'
"""
"""Try a code: right (and used up), wrong, or none (expired, used up, never sent)."""

PUT_CODE = """
-- KEYS: code. ARGV: digest, seconds
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'digest', ARGV[1], 'tries', 0)
return redis.call('EXPIRE', KEYS[1], ARGV[2])
"""
"""Store a code in place of an earlier one."""

_SUBJECTS: dict[AnswerLanguage, str] = {"en": "{code} is your code", "zh": "您的验证码：{code}"}
_TEXTS: dict[AnswerLanguage, str] = {
    "en": "Your code is {code}. It is good for {minutes} minutes.\n\n"
    "You, or somebody else, entered this address in our chat. If it was not you, you need do nothing; "
    "tell nobody the code.\n",
    "zh": "您的验证码是 {code}，{minutes} 分钟内有效。\n\n"
    "您或他人在我们的在线客服中填写了此邮箱地址。如非您本人操作，请忽略本邮件；请勿将验证码告诉任何人。\n",
}


class EmailCodes:
    """Sends and verifies codes. A code is stored as a keyed hash (HMAC-SHA256); `key` is the services' own."""

    def __init__(self, commands: RedisCommands, mailer: Mailer | None, key: str) -> None:
        self._commands = commands
        self._mailer = mailer
        self._key = key.encode()

    @property
    def can_send(self) -> bool:
        """Whether there is a mail server."""
        return self._mailer is not None

    async def send(self, tenant: str, subject: str, email: str, language: AnswerLanguage) -> None:
        """Send a code for a visitor (`subject`) to an address.

        Raises BadRequest for what is no address, EmailCodeLimit, or BackendUnavailable.
        """
        address = checked_address(email)
        if self._mailer is None:
            raise IdentityOff("No codes are sent by mail here: there is no mail server.")
        counters = [
            keys.email_codes_sent(tenant, "address", f"{address.username.partition('+')[0]}@{address.domain}"),
            keys.email_codes_sent(tenant, "visitor", subject),
            keys.email_codes_sent(tenant, "tenant", ""),
        ]
        most = (_MOST_OF_ADDRESS, _MOST_OF_VISITOR, _MOST_OF_TENANT)
        if wait := await self._commands.script(COUNT_CODE, counters, (_LIMIT_SECONDS, *most)):
            raise EmailCodeLimit("Too many codes were sent; use the last one, or wait.", retry_after=float(wait))
        code = f"{secrets.randbelow(1_000_000):06d}"
        key = keys.email_code(tenant, subject, address.addr_spec)
        await self._commands.script(PUT_CODE, [key], (self._digest(tenant, subject, address, code), CODE_SECONDS))
        values = {"code": code, "minutes": CODE_SECONDS // 60}
        await self._mailer.send(address, _SUBJECTS[language].format(**values), _TEXTS[language].format(**values))

    async def verify(self, tenant: str, subject: str, email: str, code: str) -> str:
        """The address, in lower case, when the code is right. Raises IdentityNotVerified, or BadRequest."""
        address = checked_address(email)
        key = keys.email_code(tenant, subject, address.addr_spec)
        digest = self._digest(tenant, subject, address, code.strip())
        outcome = await self._commands.script(TRY_CODE, [key], (digest, MOST_TRIES))
        if outcome != "right":
            raise IdentityNotVerified(
                "This is not the code that was sent; try again."
                if outcome == "wrong"
                else "There is no such code, or it was used, tried too often, or is too old; ask for a new one."
            )
        return address.addr_spec

    def _digest(self, tenant: str, subject: str, address: Address, code: str) -> str:
        text = json.dumps(["email code", tenant, subject, address.addr_spec, code])
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def checked_address(email: str) -> Address:
    """A mail address in lower case. Raises BadRequest for anything else, such as a name or two addresses."""
    email = email.strip().lower()
    try:
        if len(email) > MAX_EMAIL_CHARACTERS or not email.isprintable():
            raise ValueError
        address = Address(addr_spec=email)
        if not address.username or "." not in address.domain.strip("."):
            raise ValueError
    except (ValueError, LookupError, AttributeError, HeaderParseError):  # the parser slips over "a.a.a@["
        raise BadRequest("email", "must be a mail address, such as name@example.com.") from None
    return address
