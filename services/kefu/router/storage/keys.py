"""
Names of the router's Redis keys; `docs/reference/data.md` says what each holds.

No name holds personal data: what a client chose (a request_id, a user) appears as its SHA-256.
"""

import hashlib
import json

from kefu.common.redis.schema.version import SCHEMA

TENANTS = f"kefu:{SCHEMA}:tenants"
ROUTER_CHANNEL_PREFIX = f"kefu:{SCHEMA}:router:"
"""Prefix of each router's channel; the router's name follows."""

CHANGE_FEED = f"kefu:{SCHEMA}:bell"
"""The stream that names each session as it changes."""
DESK_TENANTS = f"kefu:{SCHEMA}:desks"
"""Tenants that have had a conversation at their desk."""
ATTACHMENT_SWEEP_LEASE = f"kefu:{SCHEMA}:attachments:sweep"
"""Lease of the one router that looks for files whose session is gone."""
ESCALATION_LEASE = f"kefu:{SCHEMA}:desks:attendant"
"""Lease of the one router that escalates conversations and lets claims lapse."""
GOLDEN_LEASE = f"kefu:{SCHEMA}:golden:checker"
"""Lease of the one router that checks drafts and asks golden questions at night."""
EXAM_LEASE = f"kefu:{SCHEMA}:exam:examiner"
"""Lease of the one router that examines models which the catalog does not know."""
EXAM_MARKS = f"kefu:{SCHEMA}:exam:marks"
"""What models came to in the exam."""
ARCHIVE_LEASE = f"kefu:{SCHEMA}:archive:writer"
"""Lease of the one router that archives conversations."""
ARCHIVE_ERASED = f"kefu:{SCHEMA}:archive:erased"
"""Sessions whose erasure has begun a short time ago: the archive's part of it is done twice."""
ARCHIVE_STATUS = f"kefu:{SCHEMA}:archive:status"
"""How the last pass of the archive went."""


def session(tenant: str, session_id: str) -> str:
    """Prefix of a session's keys. They share a hash slot, so that one script reaches them all."""
    return f"kefu:{SCHEMA}:{{{tenant}:{session_id}}}:"


def turn_owner(tenant: str, session_id: str, turn_id: str) -> str:
    """The router that runs a turn."""
    return f"{session(tenant, session_id)}alive:{turn_id}"


def turn_attempts(tenant: str, session_id: str, turn_id: str) -> str:
    """How many routers have begun a turn and not ended it."""
    return f"{session(tenant, session_id)}attempts:{turn_id}"


def turn_draft(tenant: str, session_id: str, turn_id: str) -> str:
    """The saved draft of a running turn."""
    return f"{session(tenant, session_id)}draft:{turn_id}"


def changes(tenant: str, session_id: str) -> str:
    """How far the changes have come that the customer agreed to."""
    return f"{session(tenant, session_id)}changes"


def router_channel(owner: str) -> str:
    """The channel on which a router receives signals for its turns."""
    return f"{ROUTER_CHANNEL_PREFIX}{owner}"


def request(tenant: str, subject: str, request_id: str) -> str:
    """The turn that a request_id is bound to."""
    return f"kefu:{SCHEMA}:{{{tenant}:by-{subject}}}:request:{_digest(request_id)}"


def sessions_by_subject(tenant: str, subject: str, user: str = "") -> str:
    """The sessions of a key, or of one user of it."""
    prefix = f"kefu:{SCHEMA}:{{{tenant}:by-{subject}}}:"
    return f"{prefix}user:{_digest(user)}" if user else f"{prefix}sessions"


def running_turns(tenant: str) -> str:
    """Leases of a tenant's running turns."""
    return f"kefu:{SCHEMA}:{{{tenant}:quota}}:leases"


def question_rate(tenant: str) -> str:
    """When a tenant's next question is due, by its rate limit."""
    return f"kefu:{SCHEMA}:{{{tenant}:quota}}:rate"


def desk_open(tenant: str) -> str:
    """A tenant's conversations that wait for an agent or are claimed by one, and some that were so lately."""
    return f"kefu:{SCHEMA}:{{{tenant}:desk}}:open"


def desk_returned(tenant: str) -> str:
    """A tenant's conversations that agents returned."""
    return f"kefu:{SCHEMA}:{{{tenant}:desk}}:past"


def desk_agents(tenant: str) -> str:
    """Agents who are present at a tenant's desk."""
    return f"kefu:{SCHEMA}:{{{tenant}:desk}}:agents"


def desk_for_load(tenant: str) -> str:
    """Customers who were handed over for load in this minute."""
    return f"kefu:{SCHEMA}:{{{tenant}:desk}}:load"


def tenant_keys(tenant: str) -> str:
    """Ids of a tenant's API keys."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:keys"


def tenant_settings(tenant: str) -> str:
    """A tenant's settings, every revision of them."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:settings"


def staged_settings(tenant: str) -> str:
    """Settings of a tenant that are not in force."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:staged-settings"


def actions(tenant: str) -> str:
    """A tenant's actions."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:actions"


def procedures(tenant: str) -> str:
    """A tenant's procedures, as they are in force."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:procedures"


def procedure_revisions(tenant: str, procedure: str) -> str:
    """The last revisions of a procedure."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:procedure:{procedure}"


def golden_questions(tenant: str) -> str:
    """A tenant's golden questions."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:golden-questions"


def golden_answers(tenant: str) -> str:
    """The last answers to a tenant's golden questions over live."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:golden-answers"


def golden_runs(tenant: str) -> str:
    """The last runs of a tenant's golden questions."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:golden-runs"


def golden_results(tenant: str, run: str) -> str:
    """The results of one run."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:golden-results:{run}"


def golden_night(tenant: str) -> str:
    """The day of a tenant's last nightly run."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:golden-night"


def identity_token(tenant: str, digest: str) -> str:
    """Who brought a customer's token first, by the token's digest."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:identity-token:{digest}"


def email_code(tenant: str, subject: str, email: str) -> str:
    """The code that a visitor was sent to an address."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:email-code:{_digest(json.dumps([subject, email]))}"


def email_codes_sent(tenant: str, what: str, of: str) -> str:
    """How many codes were sent within an hour, for one address, one visitor, or all of a tenant."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:email-codes-sent:{what}:{_digest(of)}"


def cached_answer(tenant: str, digest: str) -> str:
    """A cached answer, by the hash of what it answers."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:answer:{digest}"


def cached_answers(tenant: str) -> str:
    """A tenant's cached answers, by age."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:answers"


def hour_numbers(tenant: str, hour: str) -> str:
    """A tenant's counters of one hour."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:hour:{hour}"


def hour_citations(tenant: str, hour: str) -> str:
    """How often a tenant's answers of one hour cited each document."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:cited:{hour}"


def turn_counters(tenant: str, session_id: str) -> str:
    """What each turn of a session has added to the counters."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:counted:{session_id}"


def turn_counters_order(tenant: str, session_id: str) -> str:
    """The turns of a session that are questions or human requests, in their order."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:counted:{session_id}:order"


def experiments(tenant: str) -> str:
    """A tenant's last experiments."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:experiments"


def running_experiment(tenant: str) -> str:
    """A tenant's experiment that runs."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:experiment-running"


def experiment(tenant: str, experiment_id: str) -> str:
    """What an experiment has counted, and how it ended."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:experiment:{experiment_id}"


def experiment_sessions(tenant: str) -> str:
    """Sessions of the running experiment that have not ended, by their last message."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:experiment-sessions"


def experiment_people(tenant: str) -> str:
    """Hashes of the customers that the running experiment has counted."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:experiment-people"


def person_digest(name: str) -> str:
    """A customer, or a user of a key, as `experiment_people` holds them."""
    return _digest(name)[:32]


def conversations(tenant: str) -> str:
    """A tenant's sessions, by their latest answer."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:conversations"


def turn_facts(tenant: str, session_id: str) -> str:
    """What each turn of a session is found by."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:facts:{session_id}"


def explanations(tenant: str, session_id: str) -> str:
    """Why each answer of a session is what it is."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:why:{session_id}"


def review_notes(tenant: str, session_id: str) -> str:
    """What reviewers noted of a session's answers."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:noted:{session_id}"


def review_day(tenant: str, day: str) -> str:
    """The sample of a day's answers, and what reviewers said of them."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:reviewed:{day}"


def unanswered(tenant: str) -> str:
    """A tenant's unanswered questions, by time."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:unanswered"


def session_unanswered(tenant: str, session_id: str) -> str:
    """The unanswered questions of one session."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:unanswered:{session_id}"


def erasure_marker(tenant: str, session_id: str) -> str:
    """Marks an erased session: nothing that is still under way for it may be kept."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:erased:{_digest(session_id)}"


def erasure_index(tenant: str, subject: str, user: str) -> str:
    """Sessions of one user beside which something is kept."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:traces:{_digest(json.dumps([subject, user]))}"


def subjects_of_user(tenant: str, user: str) -> str:
    """The keys that opened sessions for a user."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:subjects:{_digest(user)}"


def session_answers(tenant: str, session_id: str) -> str:
    """Cached answers that a session's questions brought about."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:cached-by:{session_id}"


def triage_messages(tenant: str, subject: str, user: str) -> str:
    """How many messages a person has written in this minute."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:triage-messages:{_digest(json.dumps([subject, user]))}"


def triage_returns(tenant: str, subject: str, user: str) -> str:
    """A person's conversations about returns, by time."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:triage-returns:{_digest(json.dumps([subject, user]))}"


def triage_identities(tenant: str, origin: str) -> str:
    """How many customers have written from an address, which its keyed hash `origin` stands for."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:triage-identities:{_digest(origin)}"


def webhooks(tenant: str) -> str:
    """A tenant's webhooks."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:webhooks"


def delivery(tenant: str, delivery_id: str) -> str:
    """One event on its way to one webhook."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:delivery:{delivery_id}"


def deliveries(tenant: str, webhook_id: str) -> str:
    """A webhook's deliveries, by id, which grows with time."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:deliveries:{webhook_id}"


def pending_deliveries(tenant: str, webhook_id: str) -> str:
    """A webhook's deliveries that are still to be sent, by when."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:pending:{webhook_id}"


def session_deliveries(tenant: str, session_id: str) -> str:
    """Webhook deliveries that are about a session."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:told:{session_id}"


WEBHOOKS_DUE = f"kefu:{SCHEMA}:{{webhooks}}:due"
"""All webhooks, by when each is due to be served."""
WEBHOOK_OWNERS = f"kefu:{SCHEMA}:{{webhooks}}:owners"
"""The router that serves each webhook now."""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
