"""Every environment variable of the services: why somebody sets it, and that it is read."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from kefu.backup.config import BackupConfig
from kefu.common.config import Settings
from kefu.order_system.config import OrdersConfig
from tests.configuration import SERVICES

ROOT = Path(__file__).parents[3]
MOST = 140
"""A variable more is a question more for everybody who installs Kefu. One that nobody would set is a `Fixed` value."""
KEY = "kefu_bootstrap_" + "0" * 64
REASONS: Mapping[str, Mapping[str, str]] = {
    "where things are": {
        "KEFU_CACHE_DIR": "/var/cache/kefu",
        "KEFU_REDIS_URL": "redis://store:6379/1",
        "KEFU_GATEWAY_METRICS_LISTEN": "0.0.0.0:9090",
        "KEFU_GATEWAY_LISTEN": "127.0.0.1:8081",
        "KEFU_GATEWAY_ROUTER": "dns:///kefu-router:50051",
        "KEFU_GATEWAY_RETRIEVAL": "dns:///kefu-retrieval:50052",
        "KEFU_GATEWAY_EDGE_REFUSALS_LISTEN": "0.0.0.0:5514",
        "KEFU_GENERATION_METRICS_LISTEN": "0.0.0.0:9090",
        "KEFU_GENERATION_LISTEN": "0.0.0.0:50053",
        "KEFU_GENERATION_OPENAI_URL": "http://vllm:8000/v1",
        "KEFU_RETRIEVAL_METRICS_LISTEN": "0.0.0.0:9090",
        "KEFU_RETRIEVAL_LISTEN": "0.0.0.0:50052",
        "KEFU_RETRIEVAL_SNAPSHOT_FOLDER": "/var/lib/kefu/snapshots",
        "KEFU_RETRIEVAL_SOURCE_FOLDERS": "/srv/pages",
        "KEFU_RETRIEVAL_MILVUS_URL": "http://milvus:19530",
        "KEFU_RETRIEVAL_MILVUS_PREFIX": "second",
        "KEFU_ROUTER_METRICS_LISTEN": "0.0.0.0:9090",
        "KEFU_ROUTER_LISTEN": "127.0.0.1:50061",
        "KEFU_ROUTER_RETRIEVAL": "dns:///kefu-retrieval:50052",
        "KEFU_ROUTER_GENERATION": "k8s:///kefu-generation.kefu:50053",
        "KEFU_ROUTER_ATTACHMENTS": "/var/lib/kefu/attachments",
        "KEFU_ROUTER_ARCHIVE": "s3://support-archive/kefu",
        "KEFU_ROUTER_S3_ENDPOINT": "https://minio.example.com:9000",
        "KEFU_ROUTER_S3_REGION": "eu-central-1",
        "KEFU_ROUTER_SMTP_URL": "smtps://mail.example.com",
        "KEFU_ROUTER_SMTP_FROM": "no-reply@example.com",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4317",
    },
    "secrets and certificates": {
        "KEFU_INTERNAL_KEY": "kefu_internal_" + "1" * 64,
        "KEFU_BOOTSTRAP_KEY": KEY,
        "KEFU_ROUTER_SECRETS_KEY": "s" * 32,
        "KEFU_TLS_CERTIFICATE": "/tls/tls.crt",
        "KEFU_TLS_KEY": "/tls/tls.key",
        "KEFU_TLS_AUTHORITY": "/tls/ca.crt",
        "KEFU_WATCHED_CERTIFICATES": "/tls/edge.crt",
        "KEFU_REDIS_AUTHORITY": "/tls/redis-ca.crt",
        "KEFU_REDIS_CERTIFICATE": "/tls/redis.crt",
        "KEFU_REDIS_KEY": "/tls/redis.key",
        "KEFU_GATEWAY_VISITOR_SECRET": "v" * 32,
        "KEFU_GENERATION_OPENAI_KEY": "sk-1",
        "KEFU_RETRIEVAL_MILVUS_TOKEN": "root:Milvus",
        "KEFU_ROUTER_S3_ACCESS_KEY": "AKIA",
        "KEFU_ROUTER_S3_SECRET_KEY": "secret",
    },
    "how a company's network and issuer are made": {
        "KEFU_GATEWAY_TRUSTED_PROXIES": "10.0.0.0/8",
        "KEFU_GATEWAY_ALLOWED_ORIGINS": "https://shop.example.com",
        "KEFU_GATEWAY_FRAME_ANCESTORS": "https://shop.example.com",
        "KEFU_GATEWAY_OIDC_ISSUER": "https://login.example.com",
        "KEFU_GATEWAY_OIDC_AUDIENCE": "kefu",
        "KEFU_GATEWAY_OIDC_CLIENT_ID": "kefu-desk",
        "KEFU_GATEWAY_OIDC_SCOPES": "openid groups",
        "KEFU_GATEWAY_OIDC_JWKS_URL": "https://login.example.com/keys",
        "KEFU_GATEWAY_OIDC_TENANT": "shop",
        "KEFU_GATEWAY_OIDC_TENANT_CLAIM": "company",
        "KEFU_GATEWAY_OIDC_ROLES_CLAIM": "realm_access.roles",
        "KEFU_GATEWAY_OIDC_ROLES": '{"support": ["agent"]}',
        "KEFU_RETRIEVAL_PRIVATE_NETWORKS": "10.0.5.0/24",
        "KEFU_ROUTER_PRIVATE_NETWORKS": "10.0.5.0/24",
        "KEFU_ROUTER_WEBHOOK_PRIVATE": "true",
        "KEFU_ROUTER_WEBHOOK_RETRY_SECONDS": "60",
    },
    "what the machines are and hold": {
        "KEFU_REDIS_MEMORY_LIMIT": "0.7",
        "KEFU_GATEWAY_MAX_CONNECTIONS": "500",
        "KEFU_GENERATION_ENGINE": "simulated",
        "KEFU_GENERATION_MODEL": "qwen3-4b-instruct",
        "KEFU_GENERATION_ANSWER_SECONDS": "8",
        "KEFU_GENERATION_GGUF_NUMBERS": "bfloat16",
        "KEFU_GENERATION_MAX_MODEL_TOKENS": "4096",
        "KEFU_GENERATION_MAX_RUNNING": "32",
        "KEFU_GENERATION_MAX_REQUESTS": "256",
        "KEFU_GENERATION_KV_CACHE_GIB": "2",
        "KEFU_GENERATION_ADAPTERS": '{"tone": "/models/tone"}',
        "KEFU_GENERATION_GPU_MEMORY_UTILIZATION": "0.8",
        "KEFU_GENERATION_TENSOR_PARALLEL_SIZE": "2",
        "KEFU_GENERATION_VLLM_ARGS": '{"quantization": "fp8"}',
        "KEFU_GENERATION_OPENAI_MAX_MODEL_TOKENS": "8192",
        "KEFU_GENERATION_OPENAI_REASONING": "true",
        "KEFU_GENERATION_OPENAI_MAX_RUNNING": "64",
        "KEFU_GENERATION_SIMULATED": '{"step_milliseconds": 40}',
        "KEFU_RETRIEVAL_EMBEDDER": "sentence-transformers:BAAI/bge-m3",
        "KEFU_RETRIEVAL_RERANKER": "BAAI/bge-reranker-v2-m3",
        "KEFU_RETRIEVAL_DEVICE": "cpu",
        "KEFU_RETRIEVAL_GPU_MEMORY_UTILIZATION": "0.2",
        "KEFU_RETRIEVAL_VECTORS": "milvus",
        "KEFU_RETRIEVAL_CONVERTERS": "4",
        "KEFU_RETRIEVAL_CONVERSION_MEMORY_MIB": "2048",
        "KEFU_RETRIEVAL_ACCEPT_NOT_DURABLE": "true",
        "KEFU_ROUTER_PROMPT_TOKENS": "1500",
        "KEFU_ROUTER_HISTORY_TOKENS": "400",
        "KEFU_ROUTER_MAX_ANSWER_TOKENS": "128",
        "KEFU_ROUTER_MAX_PASSAGES": "6",
        "KEFU_ROUTER_MAX_CONCURRENT_TURNS": "1024",
        "KEFU_ROUTER_MAX_WAITING_TURNS": "512",
    },
    "how long something may take": {
        "KEFU_DRAIN_SECONDS": "40",
        "KEFU_SETTLE_SECONDS": "5",
        "KEFU_WATCHDOG_SECONDS": "0",
        "KEFU_MAX_CONNECTION_AGE_SECONDS": "300",
        "KEFU_MAX_CONNECTION_AGE_GRACE_SECONDS": "3600",
        "KEFU_GENERATION_STUCK_SECONDS": "120",
        "KEFU_RETRIEVAL_READ_MILLISECONDS": "0",
        "KEFU_RETRIEVAL_CALIBRATION_SECONDS": "0",
        "KEFU_RETRIEVAL_CONVERSION_SECONDS": "600",
        "KEFU_RETRIEVAL_OCR_PAGES": "1000",
        "KEFU_ROUTER_SEARCH_SECONDS": "3",
        "KEFU_ROUTER_FIRST_TOKEN_SECONDS": "5",
        "KEFU_ROUTER_BETWEEN_TOKEN_SECONDS": "5",
        "KEFU_ROUTER_ADMISSION_SECONDS": "5",
        "KEFU_ROUTER_ESCALATE_SECONDS": "60",
    },
    "who may ask how much": {
        "KEFU_GATEWAY_VISITOR_TENANT": "shop",
        "KEFU_GATEWAY_VISITOR_COLLECTIONS": "public",
        "KEFU_GATEWAY_VISITORS_PER_MINUTE": "300",
        "KEFU_GATEWAY_VISITOR_QUESTIONS_PER_MINUTE": "5",
        "KEFU_GATEWAY_ADDRESS_QUESTIONS_PER_MINUTE": "0",
        "KEFU_GATEWAY_ALL_VISITORS_QUESTIONS_PER_MINUTE": "0",
        "KEFU_GATEWAY_ADDRESS_STREAMS": "0",
        "KEFU_ROUTER_TENANT_QUESTIONS_PER_MINUTE": "600",
        "KEFU_ROUTER_DESK_CONVERSATIONS": "500",
        "KEFU_ROUTER_ATTACHMENT_MIB": "5",
    },
    "how long customers' words are kept, and where they may go": {
        "KEFU_AUDIT_DAYS": "90",
        "KEFU_GATEWAY_VISITOR_DAYS": "7",
        "KEFU_GATEWAY_CUSTOMER_HOURS": "1",
        "KEFU_ROUTER_SESSION_DAYS": "1",
        "KEFU_ROUTER_NUMBERS_DAYS": "100",
        "KEFU_ROUTER_UNANSWERED_DAYS": "7",
        "KEFU_ROUTER_ARCHIVE_DAYS": "30",
        "KEFU_ROUTER_ARCHIVE_ENCRYPTED": "false",
        "KEFU_ROUTER_REDACT_PROMPTS": "true",
        "KEFU_ROUTER_EXPLANATIONS": "false",
    },
    "what an installation prefers": {
        "KEFU_LOG_LEVEL": "warning",
        "KEFU_LOG_FORMAT": "json",
        "KEFU_GATEWAY_TITLE": "Example Shop",
        "KEFU_GATEWAY_ACCENT": "#0b6e5f",
        "KEFU_RETRIEVAL_OCR": "false",
        "KEFU_ROUTER_ANSWER_PROFILE": "evidence",
        "KEFU_ROUTER_MODEL_EXAM": "false",
        "KEFU_ROUTER_CACHE_ANSWERS": "false",
        "KEFU_ROUTER_HEDGE_SHARE": "0",
        "KEFU_ROUTER_WITHOUT_REDIS": "answer",
        "KEFU_ROUTER_LIMITS_WITHOUT_REDIS": "refuse",
        "KEFU_ROUTER_TIME_ZONE": "Asia/Shanghai",
        "KEFU_ROUTER_DEFAULT_LANGUAGE": "zh",
        "KEFU_ROUTER_GOLDEN_HOUR": "-1",
        "KEFU_ROUTER_EXPERIMENT_QUIET_SECONDS": "3600",
    },
}
VALUES = {variable: value for reason in REASONS.values() for variable, value in reason.items()}


def read(config_class: type[Settings]) -> Mapping[str, object]:
    config = config_class()
    found = {variable: getattr(config, field) for field, variable in config_class.variables().items()}
    return {name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in found.items()}


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """No variable of this machine's, and none from a file."""
    monkeypatch.chdir(tmp_path)
    for config_class in SERVICES.values():
        for variable in config_class.variables().values():
            monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("KEFU_INTERNAL_KEY", "kefu_internal_" + "0" * 64)
    return monkeypatch


def test_there_are_few_variables_and_each_has_a_reason() -> None:
    read_by_services = {name for config_class in SERVICES.values() for name in config_class.variables().values()}
    assert set(VALUES) == read_by_services
    assert sum(map(len, REASONS.values())) == len(VALUES) <= MOST


@pytest.mark.parametrize("config_class", SERVICES.values(), ids=SERVICES)
def test_each_variable_is_read_by_its_services(config_class: type[Settings], clean: pytest.MonkeyPatch) -> None:
    before = read(config_class)
    for variable, value in VALUES.items():
        clean.setenv(variable, value)
    after = read(config_class)
    assert [variable for variable in after if after[variable] == before[variable]] == []
    texts = {
        name: str(value) for name, value in after.items() if not isinstance(value, dict | BaseModel | float | bool)
    }
    assert texts == {name: VALUES[name] for name in texts}


def test_no_variable_sets_what_is_fixed_and_a_variable_that_nothing_reads_is_told(clean: pytest.MonkeyPatch) -> None:
    router = SERVICES["router"]
    clean.setenv("KEFU_ROUTER_LEASE_SECONDS", "1")
    Path(".env").write_text("KEFU_ROUTER_LEASE_SECONDS=1\nkefu_router_cache_entries=7\n")
    config = router()  # pyright: ignore[reportCallIssue] - from the environment
    assert (config.lease_seconds, config.cache_entries) == (8.0, 2_000)  # pyright: ignore
    assert router(lease_seconds=1.0).lease_seconds == 1.0  # pyright: ignore
    told = ["KEFU_ROUTER_LEASE_SECONDS", "KEFU_ROUTER_LISTENN"]
    assert router.unread([*told, *VALUES, "KEFU_ROUTER_LOG_LEVEL", "KEFU_SERVER", "PATH"]) == told


def named() -> Iterator[tuple[str, str]]:
    """Variables of the services that a file of the repository names, each with the file."""
    files = subprocess.run(
        ["git", "grep", "-lE", r"KEFU_(ROUTER|RETRIEVAL|GENERATION|GATEWAY|ORDERS|BACKUP)_", "--", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    for file in files:
        if file not in {"CHANGELOG.md", "tests/unit/repository/test_variables.py"}:
            text = (ROOT / file).read_text("utf-8", errors="replace")
            for variable in re.findall(
                r"\bKEFU_(?:ROUTER|RETRIEVAL|GENERATION|GATEWAY|ORDERS|BACKUP)_[A-Z0-9_]*[A-Z0-9]\b(?![…*_])", text
            ):
                yield variable, file


def test_no_page_program_or_manifest_names_a_variable_that_nothing_reads() -> None:
    classes = (*SERVICES.values(), OrdersConfig, BackupConfig)
    known = {variable for config_class in classes for variable in config_class.variables().values()}
    known.add("KEFU_GENERATION_PROCESS")  # of a process that generation starts itself
    found = sorted(set(named()))
    assert len(found) > 500
    assert [(variable, file) for variable, file in found if variable not in known] == []
