"""Knowledge in Redis: records, reads, durable writes, and change streams."""
