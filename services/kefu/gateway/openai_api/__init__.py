"""What tools that only speak OpenAI's API may call."""
