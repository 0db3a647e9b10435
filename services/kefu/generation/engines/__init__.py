"""What can write an answer: vLLM in this process, an OpenAI-compatible server elsewhere, or arithmetic."""
