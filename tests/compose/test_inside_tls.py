"""TLS between the services, from here on: tests after these have it too."""

import asyncio
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from kefu.router.v1 import chat_pb2 as pb
from tests.compose.asking import CHINESE, ENGLISH, ask
from tests.compose.containers import DEPLOY, Containers, docker, until
from tests.compose.replicas import known_replicas

pytestmark = pytest.mark.timeout(1200)


async def test_tls_between_the_services(kefu: Containers) -> None:
    kefu.files = (*kefu.files, "compose.tls.yaml")
    kefu.up()
    async with kefu.customers() as channel, asyncio.timeout(300):
        answer = None
        while answer is None or answer.completed.source != pb.ANSWER_SOURCE_EXTRACTIVE:
            answer = await ask(channel, kefu.key, CHINESE)  # a person is called until the router has found retrieval
        assert "24" in answer.text.decode()
    await asyncio.to_thread(until, lambda: known_replicas(kefu) == {1}, 60)
    trusted = ssl.create_default_context(cafile=kefu.secrets / "edge.pem")
    async with httpx.AsyncClient(base_url=f"https://localhost:{kefu.port}", verify=trusted, timeout=60) as browser:
        assert (await browser.get("/")).status_code == 200
        listed = await browser.post(
            "/kefu.router.v1.ChatService/ListSessions", json={}, headers={"authorization": f"Bearer {kefu.key}"}
        )
        assert listed.status_code == 200, listed.text
    [router, *_] = kefu.ids("router")
    unsecured = "import urllib.request as r; r.urlopen('http://kefu-gateway:8080/', timeout=5)"
    refused = subprocess.run(
        ["docker", "exec", router, "python", "-c", unsecured], capture_output=True, timeout=60, check=False
    )
    assert refused.returncode != 0, "the gateway too"
    plain = "import grpc,sys; c=grpc.insecure_channel(sys.argv[1]); grpc.channel_ready_future(c).result(timeout=5)"
    for target in ("kefu-retrieval:50052", "kefu-generation:50053"):
        refused = subprocess.run(
            ["docker", "exec", router, "python", "-c", plain, target], capture_output=True, timeout=60, check=False
        )
        assert refused.returncode != 0, "without a certificate nobody is connected"


async def test_a_certificate_that_is_renewed_is_taken_without_a_restart(kefu: Containers) -> None:
    [router, *_] = kefu.ids("router")
    started = [kefu.inspect(one)["State"]["StartedAt"] for one in kefu.ids()]
    before = shown_to(router, "kefu-retrieval", 50052)
    await asyncio.to_thread(lambda: renew(kefu.secrets))
    assert shown_to(router, "kefu-retrieval", 50052) != before
    async with kefu.customers() as channel:
        answer = await ask(channel, kefu.key, ENGLISH)
        assert "3 years" in answer.text.decode()
    assert [kefu.inspect(one)["State"]["StartedAt"] for one in kefu.ids()] == started


def shown_to(container: str, host: str, port: int) -> str:
    """The certificate that a new connection from a container gets to see."""
    script = (
        "import socket, ssl, sys; f = '/run/secrets/inside_'; c = ssl.create_default_context(cafile=f + 'authority'); "
        "c.load_cert_chain(f + 'certificate', f + 'key'); c.set_alpn_protocols(['h2']); host, port = sys.argv[1:]; "
        "s = c.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host); "
        "print(s.getpeercert()['serialNumber'])"
    )
    return docker("exec", container, "python", "-c", script, host, str(port)).strip()


def renew(secrets: Path) -> None:
    """Into the same files: a container sees the file that was mounted, not one that is moved to its name."""
    made = secrets.parent / "renewed"
    made.mkdir()
    for name in ("inside-authority.pem", "inside-authority-key.pem"):
        (made / name).write_bytes((secrets / name).read_bytes())
    subprocess.run([DEPLOY / "compose" / "secrets.sh", made], check=True, timeout=60)
    for name in ("inside.pem", "inside-key.pem"):
        (secrets / name).chmod(0o644)
        (secrets / name).write_bytes((made / name).read_bytes())
