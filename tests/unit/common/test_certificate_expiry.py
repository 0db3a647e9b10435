"""The metric of when certificates end."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from kefu.common.rpc.certificate_expiry import report_expiry
from kefu.router.config import RouterConfig


def make(file: Path, days: int) -> bytes:
    """A certificate that ends after so many days."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", str(days), "-subj", "/CN=x", "-keyout", file.with_suffix(".key"), "-out", file),
        ],
        check=True,
        capture_output=True,
        timeout=30,
    )
    return file.read_bytes()


def days_left(file: Path) -> float:
    value = REGISTRY.get_sample_value("kefu_certificate_expires_timestamp_seconds", {"file": str(file)})
    assert value is not None
    return (value - datetime.now(UTC).timestamp()) / timedelta(days=1).total_seconds()


def test_the_metric_follows_a_file_and_counts_the_first_end_of_a_chain(tmp_path: Path) -> None:
    file, chain = tmp_path / "tls.crt", tmp_path / "chain.crt"
    make(file, 10)
    chain.write_bytes(make(tmp_path / "a.crt", 90) + make(tmp_path / "b.crt", 30))
    report_expiry([file, chain])
    assert days_left(file) == pytest.approx(10, abs=0.01)
    assert days_left(chain) == pytest.approx(30, abs=0.01)
    make(file, 90)
    assert days_left(file) == pytest.approx(90, abs=0.01)


def test_a_file_that_cannot_be_read_counts_as_ended(tmp_path: Path) -> None:
    file = tmp_path / "tls.crt"
    report_expiry([file])
    assert days_left(file) < -10_000
    file.write_text("no certificate")
    assert days_left(file) < -10_000


def test_a_service_reports_its_own_certificate_and_those_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEFU_INTERNAL_KEY", f"kefu_internal_{'0' * 64}")
    for name in ("CERTIFICATE", "KEY", "AUTHORITY"):
        monkeypatch.setenv(f"KEFU_TLS_{name}", f"/inside/{name.lower()}.pem")
    monkeypatch.setenv("KEFU_WATCHED_CERTIFICATES", "/edge/tls.crt, /other.pem")
    watched = RouterConfig().watched_certificate_files()  # pyright: ignore[reportCallIssue] - from the environment
    assert [str(file) for file in watched] == [
        "/inside/certificate.pem",
        "/inside/authority.pem",
        "/edge/tls.crt",
        "/other.pem",
    ]
