"""Kefu, a self-hosted customer-service assistant."""
