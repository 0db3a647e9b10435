"""Values of a conversation. Nothing here does input or output."""
