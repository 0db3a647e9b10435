"""Values of the knowledge base. Nothing here does input or output."""
