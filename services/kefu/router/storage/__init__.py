"""Conversations in Redis: sessions, turns, leases, drafts, events, and their keys."""
