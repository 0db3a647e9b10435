"""The router: conversations, answering, admission, dispatch, and the desk."""
