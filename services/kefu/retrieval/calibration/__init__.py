"""Setting a collection's thresholds from recorded questions."""
