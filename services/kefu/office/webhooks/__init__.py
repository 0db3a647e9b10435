"""Webhooks: webhook store, delivery queue, sender, payloads and signatures."""
