"""Rolls back for real, and prints what an earlier release makes of what today's has written, kind by kind.

`python -m tests.upgrade.rollback OLD_TREE [--prepared]`: today's suite is filled, with what only today's release keeps
as well; the earlier release's `kefu up` runs over the same folder, is read and used, with `--prepared` after `kefu data
prepare-rollback`; then today's again. docs/operate/upgrading.md has the outcome for 0.1.0.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import redis

from tests.upgrade.make import Suite, running
from tests.upgrade.read import Reads, differences

ROOT = Path(__file__).parents[2]
_SAMPLE = ROOT / "services" / "kefu" / "sample"
_NEWER = (
    "secrets list",
    "golden list",
    "procedures list",
    "drafts list",
    "sessions list",
    "settings get",
    "audit verify",
)


def main() -> None:
    """Forth, back and forth again over one folder."""
    old = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder, files = Path(name, "suite"), Path(name)
        with running(ROOT, folder) as today:
            fill = (today.router, today.retrieval, today.keys["bootstrap"], str(_SAMPLE), str(files / "keys.json"))
            today.script("fill.py", *fill)
            _fill_newer(today, files)
            shown = {command: _kefu(today, *command.split()) for command in _NEWER}
            before = _read(today, files, "before.json")
        if "--prepared" in sys.argv:
            print(_kefu(today, "data", "prepare-rollback", "--dry-run"))
            print(_kefu(today, "data", "prepare-rollback"))
        with running(old, folder) as earlier:
            during = _read(earlier, files, "during.json")
            _print("The earlier release", before, during)
            _print_commands(earlier, ("keys list", "sessions list", "settings get", "desk list", "collections list"))
            print("it writes settings:", _kefu(earlier, "settings", "set", "max_passages=3"))
            used = _read(earlier, files, "used.json", "use")
            print(json.dumps({name: used[name] for name in used.keys() - during.keys()}, indent=1))
        with running(ROOT, folder) as again:
            _print("Today's again", used, _read(again, files, "again.json"))
            for command, wanted in shown.items():
                got = _kefu(again, *command.split())
                if got != wanted:
                    print(f"`kefu {command}`: was\n{wanted}\nis\n{got}")


def _fill_newer(suite: Suite, files: Path) -> None:
    keys: dict[str, str] = json.loads((files / "keys.json").read_text("utf-8"))
    keys["agent"] = _kefu(suite, "keys", "create", "--role", "agent", "--name", "desk").strip().splitlines()[-1]
    keys["expired"] = _kefu(suite, "keys", "create", "--role", "app", "--expires", "90d").strip().splitlines()[-1]
    with redis.Redis.from_url(suite.redis_url) as client:  # pyright: ignore[reportUnknownMemberType]
        client.hset(f"kefu:1:{{key:{keys['expired'].split('_')[1]}}}", "expire_time", "1700000000")
    (files / "keys.json").write_text(json.dumps(keys), "utf-8")
    _kefu(suite, "settings", "set", "attachments=false", "overload_handoffs_per_agent=2")
    _kefu(suite, "secrets", "put", "site-key", words="0123456789abcdef0123456789abcdef")
    _kefu(suite, "golden", "add", "How long does express delivery take?", "--must", "next day", "--name", "express")
    _kefu(suite, "procedures", "put", str(_SAMPLE / "procedures" / "return-items.md"))
    _kefu(suite, "ask", "Where is my order 20261126? It should have come last week, this is a disgrace!")
    draft = json.loads(_kefu(suite, "drafts", "create", "--json"))
    (files / "later.md").write_text("# Drones\n\nA drone brings parcels to islands.\n", "utf-8")
    name = str(draft.get("name", draft.get("draft", {}).get("name", "")))
    _kefu(suite, "import", str(files / "later.md"), "--collection", "help", "--draft", name.rpartition("/")[2])
    _kefu(suite, "drafts", "promote", name.rpartition("/")[2], "--yes", "--override", "no golden run here")


def _kefu(suite: Suite, *arguments: str, words: str = "") -> str:
    command = (sys.executable, "-m", "kefu.cli", *arguments, "--data-dir", str(suite.folder))
    environment = {**suite.environment, "NO_COLOR": "1"}
    done = subprocess.run(
        command, cwd=suite.tree, env=environment, capture_output=True, text=True, input=words, check=False
    )
    return done.stdout if not done.returncode else f"FAILED ({done.returncode}): {done.stdout}{done.stderr}"


def _read(suite: Suite, files: Path, name: str, *use: str) -> Reads:
    suite.script("read.py", suite.router, suite.retrieval, str(files / "keys.json"), str(files / name), *use)
    return json.loads((files / name).read_text("utf-8"))


def _print(who: str, wanted: Any, got: Any) -> None:
    print(f"{who} reads otherwise:")
    for line in differences(wanted, got):
        print("  " + line[:300])


def _print_commands(suite: Suite, commands: tuple[str, ...]) -> None:
    for command in commands:
        print(f"`kefu {command}` of it: {_kefu(suite, *command.split())}")


if __name__ == "__main__":
    main()
