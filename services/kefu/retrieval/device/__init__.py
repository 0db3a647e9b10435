"""Where retrieval computes: a GPU where there is one, and the CPU wherever the GPU cannot."""
