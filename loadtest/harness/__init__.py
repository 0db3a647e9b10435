"""What every load test shares: the suite under test, questions, statistics, reports."""
