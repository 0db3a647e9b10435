"""Webhooks: subscriptions, the delivery queue, the sender, payloads and signatures."""
