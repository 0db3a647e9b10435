"""The agent desk, where people answer: their claims, replies and presence, escalation of waiting customers."""
