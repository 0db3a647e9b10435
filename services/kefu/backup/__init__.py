"""Backup and restore: a copy of all that Kefu keeps, checked before it is called one, and the way back."""
