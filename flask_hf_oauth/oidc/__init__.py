"""OpenID Connect as a client, with no web framework inside."""
