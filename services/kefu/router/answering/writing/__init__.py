"""How a model writes an answer: the prompt, the relay of its words, and the proof of each sentence."""
