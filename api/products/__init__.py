"""How products are served: a module a product, a line in the registry (docs/adding-a-product.md)."""
