"""`kefu eval`: retrieval, answers, abstention, the answer cache."""
