"""Run the sample shop's order system: python -m kefu.order_system"""

from kefu.common.rpc.server import run, terminated
from kefu.order_system.config import OrdersConfig
from kefu.order_system.service import order_system


async def main(config: OrdersConfig) -> None:
    """Serve until SIGTERM or SIGINT."""
    async with order_system(config):
        await terminated(config.watchdog_seconds)


if __name__ == "__main__":
    run("orders", OrdersConfig, main)  # pyright: ignore[reportArgumentType] - the environment gives api_key
