"""The operator's commands as a person types them: sessions, settings, keys, and looking after a machine."""

import json
import subprocess
from pathlib import Path

import pytest

from kefu.cli.console import CommandFailed
from kefu.cli.remote.connection import find_remote
from kefu.local import data_dir as folders
from kefu.local.data_dir import DataDir
from kefu.router.v1 import admin_pb2 as apb
from tests.support.cli_harness import CliHarness
from tests.support.grpc_calls import BOOTSTRAP_KEY, INTERNAL_KEY


async def test_alone_it_prints_its_help(kefu: CliHarness) -> None:
    done = await kefu()
    for command in ("up", "import", "ask", "chat", "search", "sessions", "keys", "status", "logs", "down", "doctor"):
        assert command in done.out.split()


async def test_the_local_key_is_not_sent_to_another_machine(kefu: CliHarness) -> None:
    await kefu("doctor")
    folder = kefu.folder / "kefu"
    folder.mkdir(exist_ok=True)
    keys = {"bootstrap": BOOTSTRAP_KEY, "internal": INTERNAL_KEY, "redis_password": "x"}
    (folder / "keys.json").write_text(json.dumps(keys))
    local = await kefu("env", KEFU_KEY="")
    assert f"export KEFU_KEY={BOOTSTRAP_KEY}" in local.out
    elsewhere = await kefu("env", "--server", "kefu.example:50051", KEFU_KEY="")
    assert BOOTSTRAP_KEY not in elsewhere.out + elsewhere.err
    assert elsewhere.status == 1


async def test_what_a_shell_is_to_run_is_quoted(kefu: CliHarness, tmp_path: Path) -> None:
    pwned = tmp_path / "pwned"
    hostile = f"x; touch {pwned}; echo"
    done = await kefu("env", "--server", f"$(touch {pwned})", KEFU_KEY=hostile)
    assert done.status == 0
    shell = subprocess.run(
        ["sh", "-c", f'{done.out}\nprintf "%s" "$KEFU_KEY"'], capture_output=True, text=True, check=True
    )
    assert shell.stdout == hostile
    assert not pwned.exists()


@pytest.mark.parametrize("command", [("status",), ("ask", "Hello?"), ("env",), ("collections",)])
async def test_a_folder_in_which_nothing_runs_is_not_taken_for_another_suite(
    kefu: CliHarness, command: tuple[str, ...]
) -> None:
    nothing = kefu.folder / "nothing"
    done = await kefu(*command, "--data-dir", str(nothing), KEFU_SERVER="", KEFU_KNOWLEDGE_SERVER="")
    assert (done.status, done.out) == (69, "")
    assert done.err.startswith(f"No `kefu up` is running in {nothing}.")
    assert "--server" in done.err
    assert not nothing.exists()


def test_the_key_of_a_folder_in_which_nothing_runs_is_sent_to_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever listens at the default ports is somebody else then, and said "This key is not valid"."""
    monkeypatch.setattr(folders, "DEFAULT", tmp_path)
    folder = DataDir(tmp_path)
    assert find_remote("", "", "", folder).key == "", "nothing was ever started there"
    folder.create()
    folder.make_keys()
    with pytest.raises(CommandFailed, match=r"No `kefu up` is running .* Start it with `kefu up`, or say"):
        find_remote("", "", "", folder)
    assert find_remote("", "", "kefu_mine", folder).key == "kefu_mine"
    assert find_remote("127.0.0.1:50051", "127.0.0.1:50052", "", folder).key


async def test_sessions_alone_lists_all_pages(kefu: CliHarness) -> None:
    listed = json.loads((await kefu("sessions", "--json")).out)
    assert [one["name"] for one in listed] == ["sessions/s0", "sessions/s1", "sessions/s2"]
    assert "s2" in (await kefu("sessions")).out


async def test_settings_are_changed_one_by_one(kefu: CliHarness) -> None:
    done = await kefu("settings", "set", "temperature=0.5", "texts.en.greeting=Hi!", "--unset", "max_passages")
    assert done.status == 0
    assert kefu.admin.settings.temperature == 0.5
    assert kefu.admin.settings.texts["en"].greeting == "Hi!"
    assert not kefu.admin.settings.HasField("max_passages")
    assert "texts.en.greeting" in (await kefu("settings", "get")).out
    assert (await kefu("settings", "set", "refused_topics=politics; 选举", "asks_back=no")).status == 0
    assert list(kefu.admin.settings.refused_topics) == ["politics", "选举"]
    assert kefu.admin.settings.HasField("asks_back")
    assert not kefu.admin.settings.asks_back
    assert "politics; 选举" in (await kefu("settings", "get")).out
    wrong = await kefu("settings", "set", "colour=red")
    assert wrong.status == 1
    assert "There is no setting colour" in wrong.err
    assert (await kefu("settings", "set", "max_passages=many")).status == 1
    assert (await kefu("settings", "set", "asks_back=perhaps")).status == 1


async def test_a_new_key_is_alone_on_standard_output(kefu: CliHarness) -> None:
    done = await kefu("keys", "create", "--scope", "chat", "--scope", "knowledge")
    assert done.out == f"kefu_k_{[apb.SCOPE_CHAT, apb.SCOPE_KNOWLEDGE]}\n"
    assert "cannot be read again" in done.err
    assert "/desk and paste it" in done.err
    assert (await kefu("keys", "create", "--scope", "root")).status == 1
    assert (await kefu("keys", "create")).err.startswith("Say what the key may do: --role app, agent, lead, admin")
    assert (await kefu("keys", "create", "--scope", "chat", "--priority", "batch")).status == 0
    assert (await kefu("keys", "create", "--scope", "chat", "--priority", "first")).status == 1


async def test_a_role_is_a_name_for_scopes(kefu: CliHarness) -> None:
    done = await kefu("keys", "create", "--role", "agent", "--expires", "90d")
    assert done.out == f"kefu_k_{[apb.SCOPE_DESK]}\n"
    done = await kefu("keys", "create", "--role", "agent,app", "--scope", "knowledge")
    assert done.out == f"kefu_k_{[apb.SCOPE_CHAT, apb.SCOPE_KNOWLEDGE, apb.SCOPE_DESK]}\n"
    wrong = await kefu("keys", "create", "--role", "king")
    assert (wrong.status, wrong.err) == (1, "There is no role king: use app, agent, lead, admin.\n")


async def test_a_key_can_be_made_without_any_service(kefu: CliHarness) -> None:
    done = await kefu("keys", "generate", "internal", KEFU_SERVER="nowhere:1")
    assert done.status == 0
    assert done.out.startswith("kefu_internal_")


async def test_nothing_is_deleted_without_being_asked_or_told(kefu: CliHarness) -> None:
    done = await kefu("sessions", "delete", "s1")
    assert done.status == 1
    assert "--yes" in done.err


async def test_logs_and_down_say_that_nothing_ran(kefu: CliHarness) -> None:
    assert "kefu up never ran here" in (await kefu("logs")).err
    down = await kefu("down")
    assert down.status == 1
    assert "not running" in down.err


async def test_doctor_judges_this_machine(kefu: CliHarness) -> None:
    findings = json.loads((await kefu("doctor", "--json")).out)
    by_subject = {finding["subject"]: finding["verdict"] for finding in findings}
    assert by_subject["Python"] == by_subject["Redis"] == by_subject["Data folder"] == "ok"
    assert {"Memory", "Disk", "Cores", "Model engine", "Port 50051", "Model"} <= set(by_subject)


async def test_doctor_examines_a_data_folder_in_which_nothing_runs(kefu: CliHarness, tmp_path: Path) -> None:
    stopped = DataDir(tmp_path / "stopped")
    stopped.create()
    stopped.make_keys()
    done = await kefu("doctor", "--json", "--data-dir", str(stopped.path))
    assert {"Python", "Engine", "Model"} <= {finding["subject"] for finding in json.loads(done.out)}
    assert "Traceback" not in done.err
