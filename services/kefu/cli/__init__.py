"""The command line: `kefu`."""
