"""The life of a turn: registry, start, running answer, end, and who watches the session."""
