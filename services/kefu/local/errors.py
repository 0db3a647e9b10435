"""Errors of a suite on this machine."""


class LocalError(Exception):
    """A port or the data folder cannot be used; the message is a sentence that says what to do."""
