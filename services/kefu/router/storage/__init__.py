"""Conversations in Redis: sessions, turns, leases, drafts, events, and the keys of all of them."""
