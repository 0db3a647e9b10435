"""Conversations: the life of a turn (registry, start, live turn, end), remote turns, and session watches."""
