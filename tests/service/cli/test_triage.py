"""`kefu triage` and its rules, as processes that call a real router."""

import json
from pathlib import Path

from kefu.testing.redis_server import RedisServer
from tests.service.router.test_triage import HACKED, near
from tests.support.cli_harness import CliHarness
from tests.support.router_harness import open_router_harness

RULES = [{"name": "fraud", "intents": ["account_security"], "queue": "fraud", "needs_person": True}]


async def test_rules_are_set_from_a_file_and_a_text_is_tried(own_redis: RedisServer, tmp_path: Path) -> None:
    async with open_router_harness(own_redis) as harness:
        harness.knowledge.cosines = {HACKED: near("account_security")}
        kefu = CliHarness(tmp_path, harness.routers[0].port)
        file = tmp_path / "rules.json"
        file.write_text(json.dumps(RULES))
        assert "Stored" in (await kefu("settings", "set", f"triage_rules=@{file}")).out
        shown = json.loads((await kefu("settings", "get", "--json")).out)
        assert shown["settings"]["triage_rules"] == RULES
        tried = (await kefu("triage", "try", HACKED)).out
        for words in ("account_security (", "critical", "rules that apply", "fraud", "needs a person"):
            assert words in tried
        unread = await kefu("triage", "try", "is it red?")
        assert "its words alone were read" in unread.out + unread.err
        assert json.loads((await kefu("triage", "try", HACKED, "--json")).out)["queue"] == "fraud"
        file.write_text(json.dumps([{"name": "fraud", "queue": "fraud"}]))
        refused = await kefu("settings", "set", f"triage_rules=@{file}")
        assert (refused.status, "settings.triage_rules[0]: must have a condition" in refused.err) == (1, True)
        wrong = await kefu("settings", "set", "triage_rules=fraud")
        assert (wrong.status, "must be a list in JSON" in wrong.err) == (1, True)
