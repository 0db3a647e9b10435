"""The commands of `kefu`: one module for each group."""
