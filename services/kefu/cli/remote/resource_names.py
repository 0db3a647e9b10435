"""Resource names as people type them: "help" for "collections/help"."""


def short(name: str) -> str:
    """The last id of a resource name."""
    return name.rpartition("/")[2]


def full(kind: str, name: str) -> str:
    """A resource name from a name or its id alone: `full("sessions", "s1")` gives "sessions/s1"."""
    return name if name.startswith(f"{kind}/") else f"{kind}/{name}"
