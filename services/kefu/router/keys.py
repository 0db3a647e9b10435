"""
Names of the router's Redis keys; `docs/data.md` says what each holds. No personal data stands in a name: what a
client chose (a request_id, a user) appears as its SHA-256.
"""

import hashlib

TENANTS = "kefu:1:tenants"


def session(tenant: str, session_id: str) -> str:
    """Prefix of a session's keys: one slot, so that one script sees them all."""
    return f"kefu:1:{{{tenant}:{session_id}}}:"


def request(tenant: str, subject: str, request_id: str) -> str:
    """Which turn a request_id stands for."""
    return f"kefu:1:{{{tenant}:by-{subject}}}:request:{_digest(request_id)}"


def sessions_of(tenant: str, subject: str, user: str = "") -> str:
    """The sessions of a key, or of one user of it."""
    prefix = f"kefu:1:{{{tenant}:by-{subject}}}:"
    return f"{prefix}user:{_digest(user)}" if user else f"{prefix}sessions"


def running_turns(tenant: str) -> str:
    """Leases of a tenant's running turns."""
    return f"kefu:1:{{{tenant}:quota}}:turns"


def tenant_keys(tenant: str) -> str:
    """Ids of a tenant's API keys."""
    return f"kefu:1:{{tenant:{tenant}}}:keys"


def tenant_settings(tenant: str) -> str:
    """A tenant's settings, every revision of them."""
    return f"kefu:1:{{tenant:{tenant}}}:settings"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
