"""What goes wrong with a backup or a restore."""


class BackupFailed(Exception):
    """It was not done. The message says why, what is there all the same, and what to do."""
