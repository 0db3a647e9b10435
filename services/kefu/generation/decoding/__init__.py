"""From token ids to text: the chat template, the detokenizer, reasoning, and what is held back at a marker."""
