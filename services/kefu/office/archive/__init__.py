"""Archive: conversations kept for longer than their sessions live in Redis, in a folder or a bucket."""
