"""The gateway's process: python -m kefu.gateway"""

from kefu.common.rpc.server import run, terminated
from kefu.gateway.config import GatewayConfig
from kefu.gateway.service import gateway


async def main(config: GatewayConfig) -> None:
    """Serve until SIGTERM or SIGINT."""
    async with gateway(config):
        await terminated(config.watchdog_seconds)


if __name__ == "__main__":
    run("gateway", GatewayConfig, main)  # pyright: ignore[reportArgumentType] - the environment gives internal_key
