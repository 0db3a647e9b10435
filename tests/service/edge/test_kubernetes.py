"""nginx takes the configuration that each overlay gives it, names and paths of the cluster apart."""

from pathlib import Path

import pytest

from kefu.edge.certificate import self_signed
from kefu.testing.ports import free_port
from tests.support.edge_harness import find_nginx_or_skip, skip_without_both_protocols

OVERLAYS = Path(__file__).parents[3] / "k8s" / "overlays"


@pytest.mark.parametrize("overlay", sorted(path.parent.name for path in OVERLAYS.glob("*/nginx.conf")))
def test_nginx_takes_an_overlays_configuration(overlay: str, tmp_path: Path) -> None:
    nginx = find_nginx_or_skip()
    skip_without_both_protocols(nginx)  # the image's, for which it is written, is not
    certificate = self_signed(tmp_path)
    text = (OVERLAYS / overlay / "nginx.conf").read_text("utf-8")
    for in_cluster, here in {
        "/etc/kefu-tls/tls.crt": str(certificate.certificate),
        "/etc/kefu-tls/tls.key": str(certificate.key),
        "/run/kefu-nginx": str(tmp_path),
        "kefu-router:": "127.0.0.1:",  # nginx looks names up when it reads them
        "kefu-knowledge:": "127.0.0.1:",
        "kefu-gateway:": "127.0.0.1:",
        ":9090;": f":{free_port()};",
        "0.0.0.0:": "127.0.0.1:",
        "[::]:": "[::1]:",
    }.items():
        assert in_cluster in text
        text = text.replace(in_cluster, here)
    config = tmp_path / "nginx.conf"
    config.write_text(text, "utf-8")
    nginx.check(config)
