"""Dispatch of one answer over the replicas: first frame, hedging, retries, idle time-outs, relaying."""
