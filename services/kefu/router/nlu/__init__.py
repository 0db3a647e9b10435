"""Natural-language understanding of a customer's message, by rules: intent, topic, sentiment, slots."""
