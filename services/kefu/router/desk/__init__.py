"""People at the desk: claims, replies, escalation, and the watches of their pages."""
