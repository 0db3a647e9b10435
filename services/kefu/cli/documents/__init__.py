"""Documents on their way to the knowledge base: local files, web pages, the upload."""
