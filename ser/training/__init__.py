"""From prepared clips to a trained network."""
