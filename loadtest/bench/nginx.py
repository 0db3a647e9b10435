"""nginx in front of the routers, as `kefu up --routers 2` puts it there."""

import os
from pathlib import Path

from kefu.local.data_dir import DataDir
from kefu.local.nginx import prepare_nginx
from loadtest.bench.process import Process


def nginx_process(routers: list[Process], port: int, folder: Path, drain_seconds: float) -> Process:
    """The process of nginx at `port`, ready to be started. StartupError: nginx is not installed."""
    door = prepare_nginx(
        DataDir(folder),
        port,
        {router.name: router.address for router in routers},
        [],
        "127.0.0.1:9",  # there are no pages here
        "faults",
        streams=None,
        tls=False,
        drain_seconds=drain_seconds,
        cores=os.cpu_count() or 1,
    )
    return Process("nginx", door.service.command, port, 0, folder, door.service.ready)
