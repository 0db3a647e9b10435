"""English words that rules in several places read, as alternatives of a pattern."""

AUXILIARY_VERBS = "can|could|may|might|must|should|shall|will|would|do|does|did|is|are|am|was|were|has|have|had"
"""Without "not"; a question turns one of them to its front."""
MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
"""In lower case, whole or short."""
