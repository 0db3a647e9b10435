"""Documents for an import: local files, web pages, and their upload."""
