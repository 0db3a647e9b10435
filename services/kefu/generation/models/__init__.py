"""Model weights: catalog, download, conversion, and the folder that an engine loads."""
