"""The overlays for GPUs, as far as they go without one."""
