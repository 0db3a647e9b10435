"""What is counted of sources."""

from prometheus_client import Counter, Gauge, Histogram

SYNCS = Counter(
    "kefu_source_syncs_total", "Runs of sources that ended, by how: done, held, failed, interrupted.", ("outcome",)
)
DOCUMENTS = Counter(
    "kefu_source_documents_total",
    "Documents of sources by what became of them in a run: added, changed, moved, gone, failed, missing, forbidden, "
    "unchanged.",
    ("outcome",),
)
SYNC_SECONDS = Histogram(
    "kefu_source_sync_seconds",
    "Seconds that a run of a source took.",
    buckets=(0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600),
)
OLDEST_GOOD_SECONDS = Gauge(
    "kefu_source_oldest_good_sync_seconds",
    "Seconds since the last good run of the source, among those with a schedule that are not paused, of which it is "
    "longest ago; 0 without any.",
)
