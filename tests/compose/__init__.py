"""deploy/compose.yaml as it ships, up and called from outside: `make compose-test`."""
