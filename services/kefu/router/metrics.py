"""What the router counts."""

from prometheus_client import Counter, Gauge, Histogram

TURNS = Counter("kefu_turns_total", "Turns ended, by how and by where their text came from.", ("finish", "source"))
TURNS_FAILED = Counter("kefu_turns_failed_total", "Turns that ended without an answer, by reason.", ("reason",))
HANDOFFS = Counter("kefu_handoffs_total", "Hand-overs to a person, by reason.", ("reason",))
TURNS_RUNNING = Gauge("kefu_turns_running", "Turns that this router is answering.")
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
LITERALS_WITHHELD = Counter("kefu_literals_withheld_total", "Answers broken off at a literal no evidence bears out.")
SLOW_READERS_CUT = Counter("kefu_slow_readers_cut_total", "Streams cut since their client read nothing.")
TURNS_NOT_STORED = Counter("kefu_turns_not_stored_total", "Answers given that Redis could not take.")
