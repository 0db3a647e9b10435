"""The evidence for a question: the sentences, rows and items of pages that answer it."""
