"""Counting: numbers for the support lead, unanswered questions and their clusters."""
