"""Drafts of actions from operations of OpenAPI documents. Nothing here does I/O."""
