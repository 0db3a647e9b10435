"""Conversations: sessions, prompts, balancing, relaying, hand-over."""
