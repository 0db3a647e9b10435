"""Actions: what Kefu looks up for a customer in the company's own systems. Code decides when and whose."""
