"""Authentication at the gateway: keys, visitor tokens, OpenID Connect."""
