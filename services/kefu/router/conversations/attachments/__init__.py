"""Attachments: pictures and PDFs of customers, kept encrypted outside of Redis for as long as their session."""
