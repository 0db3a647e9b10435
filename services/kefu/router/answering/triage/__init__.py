"""Triage: what is read out of a customer's message, its signals, and what the tenant's rules make of them."""
