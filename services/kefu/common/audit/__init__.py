"""The audit log: who did what to whom and from where, in a chain of hashes for each tenant."""
