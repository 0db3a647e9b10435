"""Text recognition (OCR): what pictures of pages say, in reading order, with tables."""
