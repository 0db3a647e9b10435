"""Endpoints in the form of OpenAI's API, for tools that speak no other."""
