"""Plaid: banks and brokers in the US and Canada, read overnight; one connection is an Item with an access token."""
