"""Makes the data of a release by running that release: `python -m tests.upgrade.make TREE NAME`.

TREE is a checkout of it (for 0.1.0: `git worktree add --detach /tmp/kefu-0.1.0 7c7fe0f7`). Its suite is started by its
own `kefu up`, with a real Redis and a model server that gives one sentence, filled (fill.py), dumped (dump.py) and read
back (read.py). NAME.jsonl.gz, NAME.keys.json and NAME.reads.json are written beside the others, in tests/data/upgrade.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from kefu.testing.ports import free_port
from tests.upgrade.dump import load, save

HERE = Path(__file__).parent
DATA = HERE.parent / "data" / "upgrade"
SENTENCE = "Express brings your parcel on the next day if you order before 16:00 [1]."


class _Model(BaseHTTPRequestHandler):
    """An OpenAI-compatible server that says the same to everyone."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for delta, reason in (({"role": "assistant", "content": SENTENCE}, None), ({}, "stop")):
            choice = {"index": 0, "delta": delta, "finish_reason": reason}
            chunk = {
                "id": "1",
                "object": "chat.completion.chunk",
                "created": 0,
                "model": "one-sentence",
                "choices": [choice],
            }
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class' name
        del format, args


class Suite:
    """The suite of a release, as its own `kefu up` runs it."""

    def __init__(self, tree: Path, folder: Path) -> None:
        self.tree = tree
        self.folder = folder
        self.router, self.retrieval, self.redis_port = (
            f"127.0.0.1:{free_port()}",
            f"127.0.0.1:{free_port()}",
            free_port(),
        )
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("KEFU_")}
        self.environment |= {"PYTHONPATH": str(tree / "services")}

    def kefu(self, *arguments: str) -> str:
        """What a command of that release's `kefu` prints."""
        command = (sys.executable, "-m", "kefu.cli", *arguments, "--data-dir", str(self.folder))
        done = subprocess.run(command, cwd=self.tree, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"kefu {arguments[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    def script(self, name: str, *arguments: str) -> None:
        """Run one of the scripts beside this file with that release's code."""
        subprocess.run((sys.executable, str(HERE / name), *arguments), cwd=self.tree, env=self.environment, check=True)

    @property
    def keys(self) -> dict[str, str]:
        """The keys that its `kefu up` made."""
        return json.loads((self.folder / "keys.json").read_text("utf-8"))

    @property
    def redis_url(self) -> str:
        """Address of its Redis."""
        return f"redis://:{self.keys['redis_password']}@127.0.0.1:{self.redis_port}/0"


@contextmanager
def running(tree: Path, folder: Path) -> Iterator[Suite]:
    """A release's suite while the block runs."""
    suite = Suite(tree, folder)
    model = ThreadingHTTPServer(("127.0.0.1", 0), _Model)
    threading.Thread(target=model.serve_forever, daemon=True).start()
    suite.environment |= {
        "KEFU_GENERATION_OPENAI_URL": f"http://127.0.0.1:{model.server_port}/v1",
        "KEFU_ROUTER_WEBHOOK_PRIVATE": "true",
        "KEFU_ROUTER_WEBHOOK_RETRY_SECONDS": "3600",
    }
    ports = {"port": suite.router.rpartition(":")[2], "retrieval-port": suite.retrieval.rpartition(":")[2]}
    ports |= {
        "redis-port": str(suite.redis_port),
        "generation-port": str(free_port()),
        "gateway-port": str(free_port()),
    }
    try:
        suite.kefu(
            *("up", "--detach", "--engine", "openai", "--model", "one-sentence"),
            *(word for name, port in ports.items() for word in (f"--{name}", port)),
        )
        yield suite
    finally:
        subprocess.run(
            (sys.executable, "-m", "kefu.cli", "down", "--data-dir", str(folder)),
            cwd=tree,
            env=suite.environment,
            capture_output=True,
            check=False,
        )
        model.shutdown()


def make(tree: Path, name: str) -> None:
    """Run the release in `tree`, and write what it has kept."""
    DATA.mkdir(parents=True, exist_ok=True)
    dump, keys, reads = DATA / f"{name}.jsonl.gz", DATA / f"{name}.keys.json", DATA / f"{name}.reads.json"
    with tempfile.TemporaryDirectory() as folder:
        with running(tree, Path(folder, "filled")) as suite:
            sample = str(tree / "services" / "kefu" / "sample")
            suite.script("fill.py", suite.router, suite.retrieval, suite.keys["bootstrap"], sample, str(keys))
            print(asyncio.run(save(suite.redis_url, dump)), "keys")
        read_by(tree, name, reads)


def read_by(tree: Path, name: str, out: Path) -> None:
    """What the release in `tree` reads of the data of the release `name`."""
    keys: dict[str, str] = json.loads((DATA / f"{name}.keys.json").read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        with running(tree, Path(folder, "read")) as suite:
            asyncio.run(load(suite.redis_url, DATA / f"{name}.jsonl.gz"))
        with running(tree, Path(folder, "read")) as suite:  # which finds the data there at its start
            own = {**keys, "bootstrap": suite.keys["bootstrap"]}
            (Path(folder) / "keys.json").write_text(json.dumps(own), "utf-8")
            suite.script("read.py", suite.router, suite.retrieval, str(Path(folder) / "keys.json"), str(out), "use")


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve(), sys.argv[2])
