"""What the router counts."""

from prometheus_client import Counter, Gauge, Histogram

TURNS = Counter("kefu_turns_total", "Turns ended, by how and by where their text came from.", ("finish", "source"))
TURNS_FAILED = Counter("kefu_turns_failed_total", "Turns that ended without an answer, by reason.", ("reason",))
HANDOFFS = Counter("kefu_handoffs_total", "Hand-overs to a person, by reason.", ("reason",))
TURNS_RUNNING = Gauge("kefu_turns_running", "Turns that this router is answering.")
TURNS_ADMITTED = Counter("kefu_turns_admitted_total", "Turns that got a place, or are answered without.", ("priority",))
TURNS_QUEUED = Counter("kefu_turns_queued_total", "Turns that found no place free.", ("priority",))
TURNS_WAITING = Gauge("kefu_turns_waiting", "Turns that wait for a place.")
TURNS_SHED = Counter("kefu_turns_shed_total", "Turns refused, by the limit that they met.", ("limit",))
CONCURRENCY_LIMIT = Gauge("kefu_places", "Turns that may run at once, as the replicas keep up now.")
QUEUE_SECONDS = Histogram(
    "kefu_queue_seconds",
    "From a turn's arrival at the line to its place.",
    buckets=(0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30),
)
BROWNED_OUT_FLOWS = Gauge(
    "kefu_brown_out_flows", "Tenants' priority classes on each rung of the brown-out ladder.", ("rung",)
)
BROWNED_OUT_TURNS = Counter("kefu_brown_out_turns_total", "Turns answered with less, by rung.", ("rung",))
LIMITS_SKIPPED = Counter("kefu_tenant_limits_skipped_total", "Turns served unchecked, since Redis did not answer.")
FIRST_TEXT_SECONDS = Histogram(
    "kefu_first_text_seconds",
    "From a message's arrival to the first text its customer saw.",
    buckets=(0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20),
)
SEARCH_SECONDS = Histogram(
    "kefu_search_seconds",
    "Searches, as the router sees them.",
    buckets=(0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 1.5, 3),
)
CACHE_LOOKUPS = Counter(
    "kefu_cache_lookups_total",
    "Questions that the model would be asked: hit, or why no kept answer was given (docs/concepts/answer-cache.md).",
    ("result",),
)
CACHE_KEPT = Counter("kefu_cache_kept_total", "Answers kept to be given again.")
CACHED_ANSWERS = Gauge("kefu_cached_answers", "Answers kept, as this router last saw it.", ("tenant",))
LITERALS_WITHHELD = Counter("kefu_literals_withheld_total", "Answers broken off at a literal no evidence bears out.")
LITERALS_AVOIDED = Counter(
    "kefu_answers_written_on_total",
    "Answers broken off at a literal and written on, by whether that went well.",
    ("well",),
)
SLOW_READERS_CUT = Counter("kefu_slow_readers_cut_total", "Streams cut since their client read nothing.")
TURNS_NOT_STORED = Counter("kefu_turns_not_stored_total", "Answers given that Redis could not take.")
RETRIED = Counter("kefu_retries_total", "Requests sent again before their first token, by cause.", ("cause",))
RETRY_BUDGET_EXHAUSTED = Counter("kefu_retry_budget_exhausted_total", "Retries that the budget did not allow.")
CONTINUED = Counter("kefu_continuations_total", "Answers that a replica broke off in the middle, by cause.", ("cause",))
HEDGED = Counter("kefu_hedges_total", "Second requests sent since a first token was late.")
HEDGES_WON = Counter("kefu_hedges_won_total", "Second requests that wrote first.")
FIRST_TOKEN_SECONDS = Histogram(
    "kefu_first_token_seconds",
    "From asking the first replica to the first frame of any: plain, retried, hedged or continued; see Relay.path.",
    ("path",),
    buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20),
)
BETWEEN_TOKENS_SECONDS = Histogram(
    "kefu_between_tokens_seconds",
    "Mean time from token to token, once an answer.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1),
)
LONGEST_GAP_SECONDS = Histogram(
    "kefu_longest_gap_seconds",
    "Longest silence between two frames, once an answer.",
    buckets=(0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10),
)
RENEWALS_FAILED = Counter("kefu_lease_renewals_failed_total", "Batches of leases that Redis did not renew.")
TURNS_TAKEN_OVER = Counter(
    "kefu_turns_taken_over_total", "Turns of a router that died, by how: continued, or begun anew.", ("how",)
)
EPHEMERAL_TURNS = Counter(
    "kefu_ephemeral_turns_total", "Turns answered without history, and kept nowhere, since Redis was away."
)
EVENTS_LOST = Counter(
    "kefu_chronicle_lost_total",
    "Happenings that were not counted, kept or told to a webhook, by why: store, full, webhook full, error.",
    ("why",),
)
for _why in ("store", "full", "webhook full", "error"):
    EVENTS_LOST.labels(_why)  # at 0 from the start: a series that begins with its first loss shows no increase
WEBHOOK_TRIES = Counter(
    "kefu_webhook_tries_total",
    "Deliveries sent to webhooks: delivered, pending (to be tried again) or failed.",
    ("state",),
)
for _state in ("delivered", "pending", "failed"):
    WEBHOOK_TRIES.labels(_state)
SESSION_WATCHERS = Gauge("kefu_session_watchers", "Streams that watch a session at this router.")
DESK_WATCHERS = Gauge("kefu_desk_watchers", "Streams that watch a desk at this router.")
CONVERSATIONS = Gauge(
    "kefu_desk_conversations",
    "Conversations that wait for a person, or are held by one; told by the one router that attends to them.",
    ("tenant", "state"),
)
LONGEST_WAIT_SECONDS = Gauge(
    "kefu_desk_longest_wait_seconds", "Wait of the customer who has waited longest; told as above.", ("tenant",)
)
OVERDUE = Gauge(
    "kefu_desk_overdue_conversations",
    "Of those that wait, the ones that have waited for longer than their tenant allows; told as above.",
    ("tenant",),
)
ESCALATIONS = Counter(
    "kefu_escalations_total", "Customers who waited for a person for longer than their tenant allows."
)
CLAIMS_LAPSED = Counter("kefu_claims_lapsed_total", "Conversations taken from a person who did not write in time.")
CLAIMS = Counter("kefu_claims_total", "Conversations that people took over.")
REPLIES = Counter("kefu_replies_total", "Replies that people wrote.")
OBSERVERS_FAILED = Counter("kefu_observers_failed_total", "Happenings that an observer failed on; see the log.")
