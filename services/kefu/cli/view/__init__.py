"""What the command line shows: answers, live replies, the state of services."""
