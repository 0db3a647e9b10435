"""The check of `kefu doctor` that looks at the keys of a running Kefu: which are too strong, endless, or not used."""

import time
from collections.abc import Callable

from google.protobuf.timestamp_pb2 import Timestamp

from kefu.cli.commands.doctor.findings import Finding, Verdict
from kefu.cli.console import CommandFailed
from kefu.cli.remote.connection import Remote
from kefu.cli.remote.pagination import all_pages
from kefu.cli.remote.resource_names import short
from kefu.router.v1 import admin_pb2 as pb
from kefu.router.v1 import admin_pb2_grpc as rpc
from kefu.text.terminal_text import one_line

_SUBJECT = "Keys"
_UNUSED_DAYS = 30
_NAMED = 5
"""So many keys are named; of others the number is said."""


async def examine_keys(target: Remote) -> list[Finding]:
    """A finding for each thing to mend among the keys of all tenants that the key in use rules."""
    try:
        return findings_of(await _keys(target), time.time())
    except CommandFailed as failure:
        return [Finding(_SUBJECT, Verdict.NOTE, f"could not be listed: {failure.message}")]


def findings_of(keys: list[pb.Key], now: float) -> list[Finding]:
    """The findings about some keys. `now` is in seconds since the epoch."""
    valid = [key for key in keys if not key.HasField("expire_time") or _seconds(key.expire_time) > now]

    def finding(what: str, applies: Callable[[pb.Key], bool], advice: str) -> list[Finding]:
        chosen = [key for key in valid if applies(key)]
        if not chosen:
            return []
        names = ", ".join(_name(key) for key in chosen[:_NAMED])
        more = f" and {len(chosen) - _NAMED} more" if len(chosen) > _NAMED else ""
        return [Finding(_SUBJECT, Verdict.NOTE, f"{len(chosen)} of {len(valid)} {what}: {names}{more}", advice)]

    findings = [
        *finding(
            "have the scope operator of an earlier release, which is desk, settings and admin in one",
            lambda key: pb.SCOPE_OPERATOR in key.scopes,
            "Give each person a key with --role agent, lead or admin, then end these: kefu keys revoke.",
        ),
        *finding(
            "never expire",
            lambda key: not key.HasField("expire_time"),
            "Keys of people should end: kefu keys create --expires 90d.",
        ),
        *finding(
            f"were made more than {_UNUSED_DAYS} days ago and not seen in use",
            lambda key: not key.HasField("last_used_time") and now - _seconds(key.create_time) > _UNUSED_DAYS * 86_400,
            "End those that nobody needs: kefu keys revoke. (Use before this release was not recorded.)",
        ),
    ]
    found = f"{len(valid)}, all of which expire" if valid else "none but the bootstrap key"
    return findings or [Finding(_SUBJECT, Verdict.GOOD, found)]


async def _keys(target: Remote) -> list[pb.Key]:
    async with target.to_router() as channel:
        stub = rpc.AdminServiceStub(channel)
        tenants = await all_pages(target, stub.ListTenants, pb.ListTenantsRequest(), lambda page: page.tenants)
        return [
            key
            for tenant in tenants
            for key in await all_pages(
                target, stub.ListKeys, pb.ListKeysRequest(tenant=tenant.name), lambda page: page.keys
            )
        ]


def _name(key: pb.Key) -> str:
    _, tenant, _, _ = key.name.split("/")
    label = f" ({one_line(key.display_name, 30)})" if key.display_name else ""
    return f"{tenant}/{short(key.name)}{label}"


def _seconds(moment: Timestamp) -> float:
    return moment.ToMicroseconds() / 1e6
