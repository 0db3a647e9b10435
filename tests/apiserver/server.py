"""
etcd and kube-apiserver as envtest starts them: no controllers, no nodes; admission, RBAC and storage.

KUBEBUILDER_ASSETS names a folder with etcd, kube-apiserver and kubectl; `setup-envtest use -p path` fetches one. Flags
are those of controller-runtime's pkg/internal/testing/controlplane.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kefu.testing.kustomize import Object
from kefu.testing.ports import free_port

PROGRAMS = ("etcd", "kube-apiserver", "kubectl")
ASSETS = Path(os.environ.get("KUBEBUILDER_ASSETS", ""))
TOKEN = "kefu-tests"
STANDARD = (
    "v1",
    "apps/v1",
    "autoscaling/v2",
    "batch/v1",
    "networking.k8s.io/v1",
    "policy/v1",
    "rbac.authorization.k8s.io/v1",
)
"""Groups that a server has without anybody's definitions."""


def reason_without() -> str:
    """Why nothing can be tried here; empty when it can."""
    if "KUBEBUILDER_ASSETS" not in os.environ:
        return "KUBEBUILDER_ASSETS names no folder with etcd, kube-apiserver and kubectl (setup-envtest use -p path)"
    missing = [name for name in PROGRAMS if not (ASSETS / name).exists()]
    return f"{ASSETS} has no {', '.join(missing)}" if missing else ""


@dataclass(frozen=True)
class ApiServer:
    """A server while it runs, called as an administrator."""

    url: str
    certificate: Path

    def kubectl(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """`kubectl`; refusals are for the caller to look at."""
        options = ("--server", self.url, "--certificate-authority", str(self.certificate), "--token", TOKEN)
        command = [str(ASSETS / "kubectl"), *options, *arguments]
        return subprocess.run(command, input=given, capture_output=True, text=True, timeout=120, check=False)

    def ok(self, *arguments: str, given: str = "") -> str:
        """`kubectl`; what it printed. Fails when it fails."""
        done = self.kubectl(*arguments, given=given)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def apply(self, objects: Sequence[Object]) -> str:
        """Server-side, strictly, and without taking fields from anybody: the errors, empty when there are none."""
        text = yaml.safe_dump_all(objects)
        return self.kubectl("apply", "--server-side", "--validate=strict", "-f", "-", given=text).stderr

    def read(self, *arguments: str) -> Any:
        """`kubectl get -o json`."""
        return json.loads(self.ok("get", *arguments, "-o", "json"))


def standard(objects: Sequence[Object]) -> list[Object]:
    """Those whose kind every API server knows: not the Prometheus operator's, KEDA's and the like."""
    return [one for one in objects if one["apiVersion"] in STANDARD]


@contextmanager
def api_server(folder: Path) -> Iterator[ApiServer]:
    """Both programs, with all they keep in `folder`."""
    ports = [free_port() for _ in range(3)]
    etcd = f"http://127.0.0.1:{ports[0]}"
    certificate, key = folder / "server.crt", folder / "server.key"
    _certificate(certificate, key)
    (folder / "tokens.csv").write_text(f"{TOKEN},tests,tests,system:masters\n", "utf-8")
    etcd_arguments = (
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={etcd}",
        f"--advertise-client-urls={etcd}",
        f"--listen-peer-urls=http://127.0.0.1:{ports[1]}",
        "--unsafe-no-fsync=true",
    )
    url = f"https://127.0.0.1:{ports[2]}"
    server_arguments = (
        f"--etcd-servers={etcd}",
        "--bind-address=127.0.0.1",
        f"--secure-port={ports[2]}",
        f"--cert-dir={folder}",
        f"--tls-cert-file={certificate}",
        f"--tls-private-key-file={key}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        f"--service-account-issuer={url}",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--allow-privileged=true",
        "--authorization-mode=RBAC",
        "--disable-admission-plugins=ServiceAccount",  # no controller makes the default ones
    )
    with _running(folder, "etcd", etcd_arguments), _running(folder, "kube-apiserver", server_arguments) as process:
        server = ApiServer(url, certificate)
        deadline = time.monotonic() + 60
        while server.kubectl("get", "--raw", "/readyz").returncode:
            log = (folder / "kube-apiserver.log").read_text("utf-8")[-4000:]
            assert process.poll() is None, log
            assert time.monotonic() < deadline, log
            time.sleep(0.5)
        yield server


@contextmanager
def _running(folder: Path, name: str, arguments: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen([str(ASSETS / name), *arguments], stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _certificate(certificate: Path, key: Path) -> None:
    """Signed by itself, for loopback; its key signs service accounts' tokens too."""
    options = ("-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1")
    files = ("-addext", "subjectAltName=IP:127.0.0.1", "-out", str(certificate), "-keyout", str(key))
    subprocess.run(["openssl", "req", "-x509", *options, *files], check=True, capture_output=True, timeout=60)
