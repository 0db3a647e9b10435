"""When the certificates end that a service holds, or was told to watch: read anew at each scrape."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import structlog
from cryptography import x509
from prometheus_client import Gauge

_EXPIRES = Gauge(
    "kefu_certificate_expires_timestamp_seconds",
    "When the first certificate of a PEM file ends, in seconds since 1970; 0 for a file that cannot be read",
    ["file"],
)
_log = structlog.stdlib.get_logger()


def report_expiry(files: Iterable[Path]) -> None:
    """Report from now on when the certificates of these files end."""
    for file in files:
        _EXPIRES.labels(str(file)).set_function(partial(first_end, file))


def first_end(file: Path) -> float:
    """Seconds since 1970 at which the first of a PEM file's certificates ends; 0.0 when it cannot be read."""
    try:
        certificates = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        _log.warning("certificate.not_read", file=str(file), cause=str(error))
        return 0.0
    return min(each.not_valid_after_utc.timestamp() for each in certificates)
