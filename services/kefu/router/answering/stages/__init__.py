"""The stages of the answering pipeline, a file each, in the order in which `pipeline.py` lists them."""
