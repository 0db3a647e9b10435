"""From a file to passages: media type, character set, parser, chunking."""
