"""nginx's configuration: its limits fit together for any target, and it serves what it is told to."""

import argparse
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from kefu.common.errors import StartupError
from kefu.common.grpc_options import CLIENT_OPTIONS, CLIENT_PING_SECONDS, MIN_PING_INTERVAL_SECONDS, Transport
from kefu.edge.limits import Limits, limits_for, most_streams
from kefu.edge.nginx_binary import Nginx, find_nginx
from kefu.edge.nginx_config import Edge, render
from kefu.edge.options import add_client_options, with_client_options
from kefu.edge.proxies import ClientAddressFrom, TrustedProxies
from kefu.edge.tls import Certificate, InternalTls
from kefu.router.config import RouterConfig
from tests.support.table import table

NEW = Nginx(Path("/usr/sbin/nginx"), (1, 26, 3))
OLD = Nginx(Path("/usr/sbin/nginx"), (1, 22, 1))
DESCRIPTORS = 20_000


def edge(limits: Limits | None = None, **more: object) -> Edge:
    limits = limits or limits_for(5000, cores=2, descriptors=DESCRIPTORS)
    routers = ["127.0.0.1:50071", "127.0.0.1:50072"]
    return replace(Edge("127.0.0.1:50051", routers, Path("/run/kefu"), limits), **more)  # pyright: ignore[reportArgumentType] - fields


def number(text: str, directive: str) -> int:
    """The value of a directive that stands there once."""
    [value] = re.findall(rf"^\s*{directive} (\d+)s?;", text, re.MULTILINE)
    return int(value)


def location(text: str, path: str) -> str:
    """What stands in the braces of a location."""
    [body] = re.findall(rf"location {re.escape(path)} \{{(.*?)\}}", text, re.DOTALL)
    return body


@pytest.mark.parametrize("cores", [1, 2, 64])
@pytest.mark.parametrize("streams", [1, 100, 5000, 9840])
def test_limits_fit_together(streams: int, cores: int) -> None:
    text = render(edge(limits_for(streams, cores=cores, descriptors=DESCRIPTORS)), NEW)
    connections, workers = number(text, "worker_connections"), number(text, "worker_processes")
    assert connections > 2 * streams, "in each worker: a chat backend may send all over one connection"
    assert workers * connections >= streams + 2 * streams, "all streams, and twice as many clients, idle or not"
    assert connections < number(text, "worker_rlimit_nofile") <= DESCRIPTORS
    assert number(text, "http2_max_concurrent_streams") >= streams
    clients = re.sub(r"upstream \w+ \{.*?\}", "", text, flags=re.DOTALL)
    assert number(clients, "keepalive_requests") >= 100 * streams
    assert number(text, "keepalive_timeout") > 10 * 60, "idle conversations keep their connection"


def test_a_target_beyond_the_descriptors_is_refused_with_the_largest_that_fits() -> None:
    most = most_streams(DESCRIPTORS)
    assert limits_for(most, cores=2, descriptors=DESCRIPTORS).streams == most
    with pytest.raises(StartupError, match=f"at most {most} streams"):
        limits_for(most + 1, cores=2, descriptors=DESCRIPTORS)


def test_no_stream_is_cut_while_the_router_still_waits_for_its_answer() -> None:
    text = render(edge(), NEW)
    patience = {name: field.default for name, field in RouterConfig.model_fields.items()}
    longest_silence = patience["queue_seconds"] + patience["admission_seconds"] + 10 * patience["first_token_seconds"]
    chat = location(text, "/kefu.router.v1.ChatService/")
    assert number(chat, "grpc_read_timeout") > longest_silence > 60
    assert number(chat, "grpc_send_timeout") > longest_silence
    assert number(text, "send_timeout") > patience["slow_reader_seconds"], (
        "the router cuts a slow reader, who may resume"
    )


def test_bodies_are_bounded_by_method_and_an_import_is_not() -> None:
    text = render(edge(retrieval=["127.0.0.1:50052"], admin=True), NEW)
    assert "client_max_body_size 64k;" in location(text, "/kefu.router.v1.ChatService/")
    assert "client_max_body_size 4m;" in location(text, "/kefu.retrieval.v1.")
    importing = location(text, "= /kefu.retrieval.v1.KnowledgeService/ImportDocuments")
    assert "client_max_body_size 0;" in importing
    for timeout in ("client_body_timeout", "grpc_read_timeout", "grpc_send_timeout"):
        assert number(importing, timeout) >= 600, "a person's import may pause"


def test_connections_to_routers_are_not_kept_and_a_stream_passes_over_a_router_that_is_away() -> None:
    text = render(edge(), NEW)
    [upstream] = re.findall(r"upstream kefu_router \{(.*?)\}", text, re.DOTALL)
    assert re.findall(r"server (\S+) max_fails=0;", upstream) == ["127.0.0.1:50071", "127.0.0.1:50072"]
    assert re.findall(r"keepalive.*", upstream) == ["keepalive_requests 1;"], (
        "nginx 1.29.7 keeps them unless it is told"
    )
    assert "grpc_next_upstream error timeout;" in text
    assert "non_idempotent" not in text


def test_operations_are_served_where_they_are_asked_for_only() -> None:
    names = ("AdminService", "KnowledgeService")
    assert not any(name in render(edge(), NEW) for name in names)
    apart = render(edge(admin=True, retrieval=["127.0.0.1:50052"], operations_listen="10.0.0.1:50061"), NEW)
    public, operations = apart.split("    server {\n")[1:]
    assert not any(name in public for name in names)
    assert all(name in operations for name in names)
    assert "ChatService" not in operations
    assert "listen 10.0.0.1:50061 " in operations


def test_tls_and_the_word_for_http2_follow_the_version() -> None:
    certificate = Certificate(Path("/etc/kefu/cert.pem"), Path("/etc/kefu/key.pem"))
    assert "listen 127.0.0.1:50051 reuseport" in render(edge(), NEW)
    assert "http2 on;" in render(edge(), NEW)
    assert "listen 127.0.0.1:50051 http2 reuseport" in render(edge(), OLD)
    assert "http2 on;" not in render(edge(), OLD)
    secure = render(edge(certificate=certificate), NEW)
    assert "listen 127.0.0.1:50051 ssl reuseport" in secure
    assert 'map $ssl_server_name $edge_certificate {\n        default "/etc/kefu/cert.pem";' in secure
    assert "ssl_certificate $edge_certificate;" in secure, "a path in a variable is read at each handshake"
    assert "TLSv1.2 TLSv1.3" in secure


def test_certificates_towards_services_are_read_at_each_handshake_where_the_version_can() -> None:
    own = Certificate(Path("/inside/cert.pem"), Path("/inside/key.pem"))
    inside = InternalTls(own, Path("/inside/ca.pem"), "kefu-router", "kefu-retrieval", "kefu-gateway")
    shown = Certificate(Path("/edge/cert.pem"), Path("/edge/key.pem"))
    behind = edge(internal_tls=inside, gateways=["127.0.0.1:8080"], certificate=shown)
    for module in ("grpc", "proxy"):
        assert f"{module}_ssl_certificate $inside_certificate;" in render(behind, NEW)
        before_variables = render(behind, Nginx(Path("/usr/sbin/nginx"), (1, 20, 2)))
        assert f'{module}_ssl_certificate "/inside/cert.pem";' in before_variables


def test_the_proxy_protocol_is_spoken_where_customers_call_and_not_where_operators_do() -> None:
    proxies = TrustedProxies(ClientAddressFrom.PROXY_PROTOCOL, ["10.0.0.0/8", "fd00::/8"])
    text = render(edge(admin=True, operations_listen="10.0.0.1:50061", proxies=proxies), NEW)
    assert "listen 127.0.0.1:50051 proxy_protocol reuseport" in text
    assert "listen 10.0.0.1:50061 reuseport" in text
    assert re.findall(r"set_real_ip_from (\S+);", text) == ["10.0.0.0/8", "fd00::/8"]
    assert "real_ip" not in render(edge(), NEW), "without proxies nobody's word is taken"


@table(
    ("words", "problem"),
    [
        ("--behind x-forwarded-for", "Name the networks"),
        ("--trusted-proxy 10.0.0.0/8", "needs --behind"),
        ("--behind proxy-protocol --trusted-proxy 10.0.0.1/8", "has host bits set"),
        ("--behind proxy-protocol --trusted-proxy everybody", "write a network such as"),
        ("--browsers-open 0", "at least 1"),
    ],
)
def test_options_about_proxies_that_do_not_fit_are_refused_with_a_remedy(words: str, problem: str) -> None:
    with pytest.raises(StartupError, match=problem):
        with_client_options(edge(), parsed(words))


def test_limits_of_an_address_are_options() -> None:
    words = "--browsers-open 1500 --keyless-per-second 300 --behind x-forwarded-for --trusted-proxy 10.0.0.0/8"
    text = render(with_client_options(edge(gateways=["127.0.0.1:8080"]), parsed(words)), NEW)
    assert "limit_conn browsers_open 1500;" in text
    assert text.count("rate=300r/s") == 2, "without a key, and browsers"
    assert "real_ip_header X-Forwarded-For;" in text
    assert with_client_options(edge(), parsed("")) == edge()


def parsed(words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_client_options(parser)
    return parser.parse_args(words.split())


def test_without_an_nginx_it_is_said_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(_name: str, **_: object) -> None:
        return None

    monkeypatch.setattr("shutil.which", nowhere)
    with pytest.raises(StartupError, match="apt-get install nginx-light"):
        find_nginx()


def test_an_nginx_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    old = tmp_path / "nginx"
    old.write_text("#!/bin/sh\necho 'nginx version: nginx/1.14.2' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(StartupError, match=r"is nginx 1\.14\.2; Kefu needs 1\.20\.0"):
        find_nginx()


def test_an_nginx_that_would_leave_browsers_out_is_refused() -> None:
    browsers = edge(gateways=["127.0.0.1:8080"])
    with pytest.raises(StartupError, match=r"nginx 1\.22\.1 takes HTTP/2 alone.* want nginx 1\.25\.1 or later, or TLS"):
        render(browsers, OLD)
    assert render(browsers, NEW)
    assert render(replace(browsers, certificate=Certificate(Path("c.pem"), Path("k.pem"))), OLD)


def test_pings_of_clients_are_rarer_than_a_server_takes_them() -> None:
    client, server = dict(CLIENT_OPTIONS), dict(Transport().server_options())
    assert CLIENT_PING_SECONDS >= 2 * MIN_PING_INTERVAL_SECONDS
    assert int(client["grpc.keepalive_time_ms"]) > int(server["grpc.http2.min_ping_interval_without_data_ms"])
    assert server["grpc.keepalive_permit_without_calls"] == client["grpc.keepalive_permit_without_calls"] == 1
    assert client["grpc.http2.max_pings_without_data"] == 0


def test_an_age_is_off_unless_it_is_set_and_then_has_its_grace() -> None:
    assert not any("age" in name.split("_") for name, _ in Transport().server_options())
    aged = dict(Transport(max_connection_age_seconds=300, max_connection_age_grace_seconds=900).server_options())
    assert (aged["grpc.max_connection_age_ms"], aged["grpc.max_connection_age_grace_ms"]) == (300_000, 900_000)
