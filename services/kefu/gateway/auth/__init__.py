"""Who calls the gateway: keys, visitor tokens, OpenID Connect."""
