"""What a message is answered with: decision, prompt, generation, cache, clarification, handoff."""
