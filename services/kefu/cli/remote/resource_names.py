"""Short and full resource names: people type "help" for "collections/help"."""


def short(name: str) -> str:
    """The last id in a resource name."""
    return name.rpartition("/")[2]


def full(kind: str, name: str) -> str:
    """The resource name of a name or of an id alone: `full("sessions", "s1")` is "sessions/s1"."""
    return name if name.startswith(f"{kind}/") else f"{kind}/{name}"
