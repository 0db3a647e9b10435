"""Reviews: a daily sample of answers, what people say of them, and what follows for all answers."""
