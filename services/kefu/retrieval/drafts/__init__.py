"""Drafts and versions of collections: made, compared, refreshed, promoted, rolled back, cleaned up."""
