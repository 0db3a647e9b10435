"""Engines: vLLM in this process, an OpenAI-compatible server, or the simulated one."""
