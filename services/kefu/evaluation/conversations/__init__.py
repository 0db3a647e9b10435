"""Conversations: questions as customers ask them, and what a customer would say of the answers."""
