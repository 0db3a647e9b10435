"""A bench of real processes for faults and soak: customers, records, scraping, nginx."""
