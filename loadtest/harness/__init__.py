"""The harness that every load test shares: suite, questions, verdicts, statistics, reports."""
