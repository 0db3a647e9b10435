"""Is the gateway on this machine ready? python -m kefu.gateway.probe PORT: exits with 0 when /readyz says so.

For container engines whose health checks are commands.
"""

import http.client
import sys

_SECONDS = 4.0


def ready(port: int) -> bool:
    """What /readyz says."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"port {port}: {error}\n")
        return False
    finally:
        connection.close()


def main() -> None:
    """The program."""
    if len(sys.argv) != 2 or not sys.argv[1].isdecimal():
        sys.exit("usage: python -m kefu.gateway.probe PORT")
    sys.exit(0 if ready(int(sys.argv[1])) else 1)


if __name__ == "__main__":
    main()
