"""Tests of golden questions."""
