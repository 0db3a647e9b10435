"""What an answer must pass before it is sent: citations, literals, prompt leaks, prompt injection."""
