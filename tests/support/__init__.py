"""Harnesses, scripted services and fixtures that tests of several kinds share."""
