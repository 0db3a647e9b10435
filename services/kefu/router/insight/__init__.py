"""Insight: counters and their report, unanswered questions and their groups."""
