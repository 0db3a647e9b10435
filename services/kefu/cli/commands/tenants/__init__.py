"""Commands that administer a tenant: keys, settings, secrets, actions, experiments."""
