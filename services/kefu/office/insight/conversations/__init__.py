"""All conversations, for people who look for one: an index by time, what each turn is found by, and why it is so."""
