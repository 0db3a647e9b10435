"""Knowledge in Redis: records, reads, durable writes, and the stream of changes."""
