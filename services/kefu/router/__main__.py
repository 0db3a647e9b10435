"""Run the router: python -m kefu.router"""

from kefu.common.auth import STALE_KEY_SECONDS, open_keyring
from kefu.common.redis.client import open_redis
from kefu.common.rpc.server import run, terminated
from kefu.router.config import RouterConfig
from kefu.router.service import router


async def main(config: RouterConfig) -> None:
    """Serve until SIGTERM or SIGINT."""
    bootstrap = config.bootstrap_key.get_secret_value() if config.bootstrap_key else None
    outlast = STALE_KEY_SECONDS if config.without_redis == "answer" else 0.0
    async with (
        open_redis(config.redis_url.get_secret_value(), tls=config.redis_tls) as store,
        open_keyring(config.internal_key.get_secret_value(), bootstrap, store, stale_seconds=outlast) as keyring,
        router(config, store, keyring),
    ):
        await terminated(config.watchdog_seconds)


if __name__ == "__main__":
    run("router", RouterConfig, main)  # pyright: ignore[reportArgumentType] - the environment gives internal_key
