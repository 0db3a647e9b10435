"""The desk of a tenant: claims, replies, escalation, and desk watches."""
