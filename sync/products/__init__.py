"""What can be refreshed: a module a product, a line in the registry."""
