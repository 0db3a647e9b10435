"""Self-signed certificate for localhost."""

import subprocess
from pathlib import Path

from kefu.common.errors import StartupError
from kefu.edge.tls import Certificate

_DAYS = 825


def self_signed(folder: Path) -> Certificate:
    """The certificate for localhost in `folder`, made when there is none. Raises StartupError without openssl.

    Clients need the certificate file as their root, for no authority has signed it.
    """
    certificate = Certificate(folder / "certificate.pem", folder / "key.pem")
    if certificate.certificate.exists() and certificate.key.exists():
        return certificate
    certificate.key.touch(mode=0o600)
    command = [
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-days", str(_DAYS), "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"),
        *("-keyout", str(certificate.key), "-out", str(certificate.certificate)),
    ]
    try:
        subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except FileNotFoundError:
        raise StartupError(
            "There is no openssl here to make a certificate with: install it, or serve without TLS."
        ) from None
    except subprocess.CalledProcessError as exc:
        raise StartupError(f"openssl made no certificate: {exc.stderr.strip()}") from None
    return certificate
