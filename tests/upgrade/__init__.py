"""Data of an earlier release: made by that release's own code, read by today's, and the other way round."""
