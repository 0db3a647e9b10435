"""Pictures and PDFs that customers send: checked, cleaned and read, in the conversion process."""
