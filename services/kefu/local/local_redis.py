"""The Redis of a data folder, for a command that needs nothing else of the suite."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from kefu.local.data_dir import DataDir
from kefu.local.errors import LocalError
from kefu.local.ports import HOST, unused_ports
from kefu.local.redis_server import server_arguments, server_of


@contextmanager
def redis_of(folder: DataDir) -> Iterator[str]:
    """Its address in the block: of the running `kefu up`, else of a server that runs as long as the block.

    Raises LocalError where `kefu up` has never run in the folder.
    """
    keys = folder.keys()
    if keys is None:
        raise LocalError(f"There is no data in {folder.path}. Name a Redis with --redis-url or KEFU_REDIS_URL.")
    state = folder.running()
    if state is not None:
        address = next((one.address for one in state.services if one.name == "redis"), "")
        yield f"redis://:{keys.redis_password}@{address}/0"
        return
    with folder.locked():
        [port] = unused_ports(1)
        settings = folder.path / "redis.conf"
        DataDir.write_private(settings, f"requirepass {keys.redis_password}\nprotected-mode yes")
        process = subprocess.Popen(
            [str(server_of(folder.redis, folder.redis_writer)), str(settings), *server_arguments(folder.redis, port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield f"redis://:{keys.redis_password}@{HOST}:{port}/0"
        finally:
            process.terminate()
            process.wait()
