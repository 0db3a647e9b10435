"""The whole suite on one machine: its processes, ports, data folder and logs."""
