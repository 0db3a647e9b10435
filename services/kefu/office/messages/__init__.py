"""Between the office's protobuf messages and its values, in both directions."""
