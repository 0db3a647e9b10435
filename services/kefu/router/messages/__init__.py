"""Between protobuf messages and domain values, in both directions."""
