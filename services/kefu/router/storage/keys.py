"""
Names of the router's Redis keys; `docs/reference/data.md` says what each holds. No personal data stands in a name: what
a client chose (a request_id, a user) appears as its SHA-256.
"""

import hashlib
import json

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


def hour_numbers(tenant: str, hour: str) -> str:
    """What a tenant's turns of one hour added up to."""
    return f"kefu:1:{{tenant:{tenant}}}:hour:{hour}"


def hour_citations(tenant: str, hour: str) -> str:
    """How often a tenant's answers of one hour cited which document."""
    return f"kefu:1:{{tenant:{tenant}}}:cited:{hour}"


def counted(tenant: str, session_id: str) -> str:
    """What each turn of a session has added to the numbers."""
    return f"kefu:1:{{tenant:{tenant}}}:counted:{session_id}"


def counted_order(tenant: str, session_id: str) -> str:
    """The questions among them, in their order."""
    return f"kefu:1:{{tenant:{tenant}}}:counted:{session_id}:order"


def unanswered(tenant: str) -> str:
    """A tenant's unanswered questions, by time."""
    return f"kefu:1:{{tenant:{tenant}}}:unanswered"


def unanswered_in(tenant: str, session_id: str) -> str:
    """The unanswered questions of one session."""
    return f"kefu:1:{{tenant:{tenant}}}:unanswered:{session_id}"


def erased(tenant: str, session_id: str) -> str:
    """A session was erased: what is still under way of it is not to be kept."""
    return f"kefu:1:{{tenant:{tenant}}}:erased:{_digest(session_id)}"


def traces_of(tenant: str, subject: str, user: str) -> str:
    """Sessions of one user of which something is kept that outlives a session."""
    return f"kefu:1:{{tenant:{tenant}}}:traces:{_digest(json.dumps([subject, user]))}"


def webhooks(tenant: str) -> str:
    """A tenant's webhooks."""
    return f"kefu:1:{{tenant:{tenant}}}:webhooks"


def delivery(tenant: str, delivery_id: str) -> str:
    """One event on its way to one address."""
    return f"kefu:1:{{tenant:{tenant}}}:delivery:{delivery_id}"


def deliveries(tenant: str, webhook_id: str) -> str:
    """A webhook's deliveries, by id, which grows with time."""
    return f"kefu:1:{{tenant:{tenant}}}:deliveries:{webhook_id}"


def pending(tenant: str, webhook_id: str) -> str:
    """Of these, those to be sent, by when."""
    return f"kefu:1:{{tenant:{tenant}}}:pending:{webhook_id}"


def told_of(tenant: str, session_id: str) -> str:
    """Deliveries that tell of a session."""
    return f"kefu:1:{{tenant:{tenant}}}:told:{session_id}"


WEBHOOKS_DUE = "kefu:1:{webhooks}:due"
"""All webhooks, by when they are to be looked at again."""
WEBHOOK_OWNERS = "kefu:1:{webhooks}:owners"
"""Which router looks at which webhook now."""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
