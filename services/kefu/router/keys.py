"""
Names of the router's Redis keys; `docs/data.md` says what each holds. No personal data stands in a name: what a
client chose (a request_id, a user) appears as its SHA-256.
"""

import hashlib

TENANTS = "kefu:1:tenants"
ROUTERS = "kefu:1:router:"
"""Before a router's name: its channel."""

BELL = "kefu:1:bell"
"""Rings for every session that has changed."""
DESKS = "kefu:1:desks"
"""Tenants that have called a person."""
ATTENDANT = "kefu:1:desks:attendant"
"""The router that looks after conversations which wait too long."""


def session(tenant: str, session_id: str) -> str:
    """Prefix of a session's keys: one slot, so that one script sees them all."""
    return f"kefu:1:{{{tenant}:{session_id}}}:"


def alive(tenant: str, session_id: str, turn_id: str) -> str:
    """The router that runs a turn."""
    return f"{session(tenant, session_id)}alive:{turn_id}"


def draft(tenant: str, session_id: str, turn_id: str) -> str:
    """What was said so far in a turn that runs."""
    return f"{session(tenant, session_id)}draft:{turn_id}"


def router(owner: str) -> str:
    """The channel on which a router hears what others ask of its turns."""
    return f"{ROUTERS}{owner}"


def request(tenant: str, subject: str, request_id: str) -> str:
    """Which turn a request_id stands for."""
    return f"kefu:1:{{{tenant}:by-{subject}}}:request:{_digest(request_id)}"


def sessions_of(tenant: str, subject: str, user: str = "") -> str:
    """The sessions of a key, or of one user of it."""
    prefix = f"kefu:1:{{{tenant}:by-{subject}}}:"
    return f"{prefix}user:{_digest(user)}" if user else f"{prefix}sessions"


def running_turns(tenant: str) -> str:
    """Leases of a tenant's running turns."""
    return f"kefu:1:{{{tenant}:quota}}:leases"


def question_rate(tenant: str) -> str:
    """When a tenant's next question would be due."""
    return f"kefu:1:{{{tenant}:quota}}:rate"


def desk_open(tenant: str) -> str:
    """A tenant's conversations that wait for a person or are held by one, and some that were lately."""
    return f"kefu:1:{{{tenant}:desk}}:open"


def desk_past(tenant: str) -> str:
    """A tenant's conversations that people gave back."""
    return f"kefu:1:{{{tenant}:desk}}:past"


def desk_agents(tenant: str) -> str:
    """Who is present at a tenant's desk."""
    return f"kefu:1:{{{tenant}:desk}}:agents"


def tenant_keys(tenant: str) -> str:
    """Ids of a tenant's API keys."""
    return f"kefu:1:{{tenant:{tenant}}}:keys"


def tenant_settings(tenant: str) -> str:
    """A tenant's settings, every revision of them."""
    return f"kefu:1:{{tenant:{tenant}}}:settings"


def cached_answer(tenant: str, digest: str) -> str:
    """A finished answer, by the hash of what it answers."""
    return f"kefu:1:{{tenant:{tenant}}}:answer:{digest}"


def cached_answers(tenant: str) -> str:
    """A tenant's finished answers, by age."""
    return f"kefu:1:{{tenant:{tenant}}}:answers"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
