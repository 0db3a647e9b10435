"""Views of the command line: answers, live replies, the status of services."""
