"""Measuring answers: questions with known answers go through the router's own parts, and what comes out is judged."""
