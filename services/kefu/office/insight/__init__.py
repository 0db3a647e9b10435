"""Analytics for the support lead: counters and their report, unanswered questions and their clusters."""
