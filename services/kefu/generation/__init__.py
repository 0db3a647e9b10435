"""Generation service: a model behind one contract, answers as frames of whole characters, and the load it reports."""
