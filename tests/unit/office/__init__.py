"""Tests of the office, without services."""
