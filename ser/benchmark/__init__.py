"""How fast the project is, alone, beside others and under load."""
