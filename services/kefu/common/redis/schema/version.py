"""The version of the layout, and where it is written."""

SCHEMA = 1
"""Version of the key layout, the 1 in `kefu:1:…`. Whoever raises it writes a step, see `steps` beside this."""
SCHEMA_KEY = "kefu:schema"
"""The version of what is in Redis. During a migration it is the version that is to be."""
MIGRATION_KEY = "kefu:migration"
"""There while a migration is not through: how far it has come."""


def prefix(schema: int) -> str:
    """What the names of all keys of a version begin with."""
    return f"kefu:{schema}:"
