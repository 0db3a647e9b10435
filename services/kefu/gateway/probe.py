"""Readiness check of the gateway on this machine: python -m kefu.gateway.probe PORT exits with 0 when it is ready.

For container engines whose health checks are commands. With KEFU_TLS_… set the probe calls over TLS, as `localhost`.
With a module after the port, a gateway that is not ready for long is killed, see `kefu.common.probe_liveness`.
"""

import http.client
import os
import ssl
import sys

from kefu.common.probe_liveness import note_health

_TIMEOUT_SECONDS = 4.0
_TLS = ("KEFU_TLS_CERTIFICATE", "KEFU_TLS_KEY", "KEFU_TLS_AUTHORITY")


def is_ready(port: int, secured: ssl.SSLContext | None = None) -> bool:
    """Whether /readyz answers with 200. Errors are written to standard error. With `secured` the call is over TLS."""
    if secured is None:
        connection = http.client.HTTPConnection("localhost", port, timeout=_TIMEOUT_SECONDS)
    else:
        connection = http.client.HTTPSConnection("localhost", port, timeout=_TIMEOUT_SECONDS, context=secured)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"localhost:{port}: {error}\n")
        return False
    finally:
        connection.close()


def main() -> None:
    """Check the port of the command line, and exit."""
    if len(sys.argv) not in (2, 3) or not sys.argv[1].isdecimal():
        sys.exit("usage: python -m kefu.gateway.probe PORT [MODULE]")
    certificate, key, authority = (os.environ.get(name, "") for name in _TLS)
    secured = None
    if certificate and key and authority:
        secured = ssl.create_default_context(cafile=authority)
        secured.load_cert_chain(certificate, key)
    healthy = is_ready(int(sys.argv[1]), secured)
    if len(sys.argv) == 3:
        note_health(sys.argv[2], healthy=healthy)
    sys.exit(0 if healthy else 1)


if __name__ == "__main__":
    main()
