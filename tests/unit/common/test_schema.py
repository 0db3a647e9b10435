"""Versions of the layout in Redis: every kind of key has a name, and no name has a version of its own."""

import re
from pathlib import Path

from kefu.common.redis.schema.kinds import UNKNOWN, kind_of, kinds
from kefu.common.redis.schema.steps import STEPS
from kefu.common.redis.schema.version import SCHEMA
from tests.support.table import table

ROOT = Path(__file__).parents[3]
_EXAMPLES = {
    "TENANT": "acme",
    "SESSION": "84ae1877-3998-4236-b380-6b137c5fa3a9",
    "COLLECTION": "help",
    "KEY": "441d5b5c9689",
}
_ROWS = re.findall(
    r"^\| `kefu:1:([^`]+)` \| (?!channel)", (ROOT / "docs/reference/data.md").read_text("utf-8"), re.MULTILINE
)


def _example(row: str) -> str:
    return re.sub(r"[A-Z][A-Z0-9]+", lambda match: _EXAMPLES.get(match[0], "0123abcd"), row)


@table("row", _ROWS)
def test_every_key_of_the_reference_is_of_a_kind(row: str) -> None:
    assert kind_of(_example(row)) != UNKNOWN


def test_kinds_are_told_apart() -> None:
    told = {kind_of(_example(row)) for row in _ROWS}
    assert told == set(kinds())
    assert kind_of("{acme:help}:v:20261129:vectors:035450f7:742af6ba60422a286e26") == "vectors"
    assert kind_of("{tenant:acme}:something-new") == UNKNOWN


def test_the_version_stands_in_one_place() -> None:
    """A literal `kefu:1:` would stay behind when the version is raised."""
    literal = re.compile(r"""["']kefu:\d+:""")
    files = [path for path in (ROOT / "services" / "kefu").rglob("*.py") if "static" not in path.parts]
    assert len(files) > 300
    assert [str(path.relative_to(ROOT)) for path in files if literal.search(path.read_text("utf-8"))] == []


def test_steps_lead_to_the_release_s_version_without_a_gap() -> None:
    begins = [step.begins for step in STEPS]
    assert begins == list(range(SCHEMA - len(STEPS), SCHEMA))
