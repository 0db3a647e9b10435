"""Health check of a service on this machine: python -m kefu.common.probe PORT exits with 0 when the service is SERVING.

With --alive after the port it exits with 0 when the service answers at all, though it may be unable to serve.

For container engines whose health checks are commands. With KEFU_TLS_… set the probe calls over TLS, as `localhost`.
With a module after the port, a service that does not answer for long is killed, see `kefu.common.probe_liveness`.
"""

import os
import sys
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2
from grpc_health.v1.health import SERVICE_NAME as ALIVE

from kefu.common.probe_liveness import note_health
from kefu.common.tls import Tls

_TIMEOUT_SECONDS = 4.0
_TLS = ("KEFU_TLS_CERTIFICATE", "KEFU_TLS_KEY", "KEFU_TLS_AUTHORITY")


def is_serving(address: str, tls: Tls | None, service: str = "") -> bool:
    """Whether a service of the server, by default the whole, is SERVING. Errors are written to standard error."""
    channel = grpc.secure_channel(address, tls.channel_credentials()) if tls else grpc.insecure_channel(address)
    with channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer = check(health_pb2.HealthCheckRequest(service=service), timeout=_TIMEOUT_SECONDS)
        except grpc.RpcError as error:
            sys.stderr.write(f"{address}: {error}\n")
            return False
    return answer.status == health_pb2.HealthCheckResponse.SERVING


def main() -> None:
    """Check the port of the command line, and exit."""
    if len(sys.argv) not in (2, 3) or not sys.argv[1].isdecimal():
        sys.exit("usage: python -m kefu.common.probe PORT [--alive | MODULE]")
    files = [os.environ.get(name, "") for name in _TLS]
    tls = Tls(*map(Path, files)) if all(files) else None
    what = sys.argv[2] if len(sys.argv) == 3 else ""
    healthy = is_serving(f"localhost:{sys.argv[1]}", tls, ALIVE if what == "--alive" else "")
    if what and what != "--alive":  # one that answers and says that it cannot serve is not helped by its end
        note_health(what, healthy=healthy or is_serving(f"localhost:{sys.argv[1]}", tls, ALIVE))
    sys.exit(0 if healthy else 1)


if __name__ == "__main__":
    main()
