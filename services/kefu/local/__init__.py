"""The whole suite on one machine, as `kefu up` runs it: processes, ports, data folder and logs."""
