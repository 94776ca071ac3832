"""How good a network is, and what its scores show."""
