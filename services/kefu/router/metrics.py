"""Prometheus metrics of the router."""

from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram

TURNS = Counter("kefu_turns_total", "Turns ended, by finish reason and by source of the answer.", ("finish", "source"))
TURNS_FAILED = Counter("kefu_turns_failed_total", "Turns that ended without an answer, by reason.", ("reason",))
ACTIONS = Counter(
    "kefu_actions_total", "Messages that asked for an action of the tenant, by what they got.", ("outcome",)
)
TRIAGED = Counter(
    "kefu_triaged_total",
    "Customers' messages read, by urgency and by whether they could be compared with known ones.",
    ("urgency", "compared"),
)
IDENTITIES = Counter(
    "kefu_identities_total", "Attempts to verify a customer, by method and by outcome.", ("method", "outcome")
)
HANDOFFS = Counter("kefu_handoffs_total", "Handoffs to a person, by reason.", ("reason",))
TURNS_RUNNING = Gauge("kefu_turns_running", "Turns that this router is answering.")
_QUEUE_BUCKETS = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30)
TURNS_SHED = Counter("kefu_turns_shed_total", "Turns refused, by the limit that they exceeded.", ("limit",))


@dataclass(frozen=True)
class AdmissionMetrics:
    """What an admission scheduler tells."""

    limit_prefix: str
    """Before the names of its limits, in errors and in TURNS_SHED."""
    admitted: Counter
    queued: Counter
    waiting: Gauge
    slots: Gauge
    seconds: Histogram
    browned_out_flows: Gauge


ENGINE_ADMISSION = AdmissionMetrics(
    limit_prefix="",
    admitted=Counter(
        "kefu_turns_admitted_total", "Turns admitted, including those answered without the model.", ("priority",)
    ),
    queued=Counter("kefu_turns_queued_total", "Turns that found no free slot and were queued.", ("priority",)),
    waiting=Gauge("kefu_turns_waiting", "Turns that wait for an admission slot."),
    slots=Gauge("kefu_places", "Concurrency limit: turns that may run at once, learned from the replicas' load."),
    seconds=Histogram(
        "kefu_queue_seconds", "Time from a turn's arrival at the queue to its admission slot.", buckets=_QUEUE_BUCKETS
    ),
    browned_out_flows=Gauge("kefu_brown_out_flows", "Priority classes of tenants at each brown-out level.", ("rung",)),
)
SEARCH_ADMISSION = AdmissionMetrics(
    limit_prefix="search_",
    admitted=Counter("kefu_searches_admitted_total", "Turns that were let search.", ("priority",)),
    queued=Counter("kefu_searches_queued_total", "Turns that had to wait before they searched.", ("priority",)),
    waiting=Gauge("kefu_searches_waiting", "Turns that wait to search."),
    slots=Gauge("kefu_search_places", "Turns that may search at once, by how long retrieval takes."),
    seconds=Histogram("kefu_search_queue_seconds", "Time that a turn waited to search.", buckets=_QUEUE_BUCKETS),
    browned_out_flows=Gauge(
        "kefu_search_brown_out_flows",
        "Priority classes of tenants at each brown-out level of the search.",
        ("rung",),
    ),
)
BROWNED_OUT_TURNS = Counter("kefu_brown_out_turns_total", "Turns answered with less, by brown-out level.", ("rung",))
LIMITS_SKIPPED = Counter(
    "kefu_tenant_limits_skipped_total",
    "Turns served without a check of the tenant's limits, since Redis did not answer.",
)
FIRST_TEXT_SECONDS = Histogram(
    "kefu_first_text_seconds",
    "Time from a message's arrival to the first text that its customer saw.",
    buckets=(0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20),
)
SEARCH_SECONDS = Histogram(
    "kefu_search_seconds",
    "Duration of a search, measured at the router.",
    buckets=(0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 1.5, 3),
)
CACHE_LOOKUPS = Counter(
    "kefu_cache_lookups_total",
    "Lookups in the answer cache: hit, or why no cached answer was given (docs/concepts/answer-cache.md).",
    ("result",),
)
CACHE_KEPT = Counter("kefu_cache_kept_total", "Answers stored in the answer cache.")
CACHED_ANSWERS = Gauge(
    "kefu_cached_answers", "Answers in a tenant's answer cache, as this router last saw it.", ("tenant",)
)
LITERALS_WITHHELD = Counter(
    "kefu_literals_withheld_total", "Answers broken off at a literal that no evidence supports."
)
CHECKS_FAILED = Counter(
    "kefu_answer_checks_failed_total", "Answers that ended at a sentence which did not pass a check.", ["check"]
)
SLOW_READERS_CUT = Counter("kefu_slow_readers_cut_total", "Streams cut because their client read nothing.")
TURNS_NOT_STORED = Counter(
    "kefu_turns_not_stored_total", "Answers given but not stored, since Redis did not take them."
)
POISONED_MESSAGES = Counter("kefu_poisoned_messages_total", "Messages refused since three routers had died over them.")
RETRIED = Counter("kefu_retries_total", "Requests sent again before their first token, by cause.", ("cause",))
RETRY_BUDGET_EXHAUSTED = Counter("kefu_retry_budget_exhausted_total", "Retries that the budget did not allow.")
CONTINUED = Counter("kefu_continuations_total", "Answers that a replica broke off in the middle, by cause.", ("cause",))
HEDGED = Counter("kefu_hedges_total", "Hedges: second requests sent because a first token was late.")
HEDGES_WON = Counter("kefu_hedges_won_total", "Hedges that wrote first.")
FIRST_TOKEN_SECONDS = Histogram(
    "kefu_first_token_seconds",
    "Time from the request to the first replica until the first frame of any, by path; see Relay.path.",
    ("path",),
    buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20),
)
BETWEEN_TOKENS_SECONDS = Histogram(
    "kefu_between_tokens_seconds",
    "Mean time between tokens, observed once an answer.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1),
)
LONGEST_GAP_SECONDS = Histogram(
    "kefu_longest_gap_seconds",
    "Longest silence between two frames, observed once an answer.",
    buckets=(0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10),
)
RENEWALS_FAILED = Counter("kefu_lease_renewals_failed_total", "Batches of leases that Redis did not renew.")
TURNS_TAKEN_OVER = Counter(
    "kefu_turns_taken_over_total", "Turns of a dead router that this one took over: continued, or begun anew.", ("how",)
)
EPHEMERAL_TURNS = Counter(
    "kefu_ephemeral_turns_total", "Turns answered without history and not stored, since Redis was away."
)
EVENTS_LOST = Counter(
    "kefu_chronicle_lost_total",
    "Domain events that were not counted, kept or sent to a webhook, by why: store, full, webhook full, error.",
    ("why",),
)
for _why in ("store", "full", "webhook full", "error"):
    EVENTS_LOST.labels(_why)  # at 0 from the start: a series that begins with its first loss shows no increase
WEBHOOK_TRIES = Counter(
    "kefu_webhook_tries_total",
    "Attempts of webhook deliveries: delivered, pending (to be attempted again) or failed.",
    ("state",),
)
for _state in ("delivered", "pending", "failed"):
    WEBHOOK_TRIES.labels(_state)
SESSION_WATCHERS = Gauge("kefu_session_watchers", "Session watches at this router.")
DESK_WATCHERS = Gauge("kefu_desk_watchers", "Desk watches at this router.")
CONVERSATIONS = Gauge(
    "kefu_desk_conversations",
    "Conversations that wait for an agent or are claimed; set by the one router that checks the desks.",
    ("tenant", "state"),
)
LONGEST_WAIT_SECONDS = Gauge(
    "kefu_desk_longest_wait_seconds", "Wait of the customer who has waited longest; set as above.", ("tenant",)
)
OVERDUE = Gauge(
    "kefu_desk_overdue_conversations",
    "Conversations that have waited for longer than their tenant allows; set as above.",
    ("tenant",),
)
DESK_TURNED_AWAY = Counter(
    "kefu_desk_turned_away_total",
    "Handoffs that nobody was called for, since KEFU_ROUTER_DESK_CONVERSATIONS were at the desk.",
    ("tenant",),
)
ESCALATIONS = Counter(
    "kefu_escalations_total", "Escalations: customers who waited for longer than their tenant allows."
)
CLAIMS_LAPSED = Counter("kefu_claims_lapsed_total", "Claims that lapsed because their agent did not write in time.")
CLAIMS = Counter("kefu_claims_total", "Conversations that agents claimed.")
REPLIES = Counter("kefu_replies_total", "Replies of agents.")
OBSERVERS_FAILED = Counter("kefu_observers_failed_total", "Domain events that an observer failed on; see the log.")
ARCHIVED = Counter("kefu_archive_conversations_total", "Conversations written to the archive, again if they went on.")
ARCHIVE_ERASED = Counter(
    "kefu_archive_erased_total",
    "Conversations that left the archive, by why: age, or an erasure made sure.",
    ("why",),
)
for _why in ("age", "erasure"):
    ARCHIVE_ERASED.labels(_why)
ARCHIVE_FAILURES = Counter("kefu_archive_failures_total", "Conversations and passes of the archive that failed.")
ARCHIVE_ACTIVE_TIME = Gauge(
    "kefu_archive_active_timestamp_seconds",
    "When the router that archives last looked at some sessions, in seconds since the epoch, or when this router "
    "started. 0: there is no archive.",
)
ARCHIVE_OVERDUE_SECONDS = Gauge(
    "kefu_archive_overdue_seconds",
    "How long the oldest conversation has waited that should be in the archive and is not; set by the router that "
    "archives.",
)
