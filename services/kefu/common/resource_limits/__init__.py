"""What the process may use of the machine: processors and memory, by its control groups."""
