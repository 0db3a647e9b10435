"""Calibration: measuring a collection, and setting its thresholds."""
