"""English words that rules in several places read, as alternatives of a pattern."""

AUXILIARY_VERBS = "can|could|may|might|must|should|shall|will|would|do|does|did|is|are|am|was|were|has|have|had"
"""Without "not"; a question turns one of them to its front."""
