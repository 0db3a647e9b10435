"""Prometheus metrics of the generation service, whatever its engine; `engine_metrics` has those by vLLM's names."""

from prometheus_client import Counter

from kefu.generation.engine import FinishReason

EMPTY_ANSWERS = Counter(
    "kefu_generation_empty_answers_total",
    "Answers that ended without a word for the customer, thoughts or none before, by why they ended.",
    ("finished_reason",),
)
for _reason in FinishReason:
    EMPTY_ANSWERS.labels(_reason.value)  # at 0 from the start, or a first increase would be no rate
