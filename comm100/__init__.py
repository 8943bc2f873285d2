"""The roof: composes the house, owns nothing."""
