"""Values of a conversation, and the event bus. Nothing here does input or output."""
