"""The rig for faults and soak: the suite as bare processes, customers, records, scraping, nginx."""
