"""The office: what a support lead does between turns.

Golden questions, simulated procedures, reviews, numbers, webhooks, reports of experiments, settings and keys, the
archive, and what is kept of a person. It works on what the router has stored and on the router's own parts. The router
knows nothing of it but where its process opens both.
"""
