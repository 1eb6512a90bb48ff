"""SnapTrade: some fifty brokers behind one API; one connection is an authorization, the secret is the user's."""
