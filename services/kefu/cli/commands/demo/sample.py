"""What the demo puts into a suite: the sample's help centre, actions, procedures, golden questions and settings."""

import json

from google.protobuf import json_format

from kefu.cli.documents.local_files import FoundFiles, find_files
from kefu.local.suite import sample_folder
from kefu.router.v1 import action_pb2, admin_pb2, triage_pb2

COLLECTION = "help"
SHOP_SECRET = "tenants/default/secrets/order-system"  # noqa: S105 - its name
SHOP_PREFIX = "http://127.0.0.1:"
"""With this the shop's address begins."""


def sample_actions(order_system: str) -> dict[str, action_pb2.Action]:
    """The sample's actions by name, over the order system at this address."""
    found: dict[str, action_pb2.Action] = {}
    for path in sorted((sample_folder() / "actions").glob("*.json")):
        text = path.read_text("utf-8").replace("${ORDERS}", order_system)
        action = json_format.ParseDict(json.loads(text), action_pb2.Action())
        found[action.name] = action
    return found


def sample_procedures() -> dict[str, str]:
    """The pages of the sample's procedures, by name."""
    paths = sorted((sample_folder() / "procedures").glob("*.md"))
    return {f"procedures/{path.stem}": path.read_text("utf-8") for path in paths}


def sample_golden_questions() -> bytes:
    """The sample's golden questions, a JSON object a line."""
    return (sample_folder() / "golden_questions.jsonl").read_bytes()


def sample_triage_rules() -> list[triage_pb2.TriageRule]:
    """The sample's rules of triage."""
    rules = json.loads((sample_folder() / "triage.json").read_text("utf-8"))
    return [json_format.ParseDict(each, triage_pb2.TriageRule()) for each in rules]


def sample_files() -> FoundFiles:
    """The sample help centre, and its curated answers."""
    return find_files([sample_folder() / "help_center"], [sample_folder() / "curated_answers.csv"])


def shop_identity(order_system: str) -> admin_pb2.IdentitySettings:
    """The settings with which customers of the shop at this address sign in."""
    return admin_pb2.IdentitySettings(
        mode="optional",
        issuer=order_system,
        audience="kefu",
        jwks_url=f"{order_system}/.well-known/jwks.json",
        claims=["name", "email"],
    )
