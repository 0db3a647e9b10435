"""Names of models on the model hub."""

from pathlib import Path


def model_and_revision(name: str) -> tuple[str, str | None]:
    """The hub id in `OWNER/NAME@REVISION`, and the revision; None where it names none. A path that exists is no id."""
    model, at, revision = name.rpartition("@")
    return (model, revision) if at and model and not Path(name).exists() else (name, None)
