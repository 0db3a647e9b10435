"""What cpu-demo is and does, with the real model."""
