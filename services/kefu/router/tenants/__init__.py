"""Tenants and their settings: stores, effective settings, canned replies, business hours."""
