"""The words of the business, as types and pure functions. Standard library only."""
