"""Model weights: the catalog, downloads, conversion, and the folder that an engine loads."""
