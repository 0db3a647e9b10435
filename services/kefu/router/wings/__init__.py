"""The wings of a router: what serves turns and what serves the desk, on one foundation. `kefu.office` is the third."""
