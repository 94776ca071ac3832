"""The networks: what they are, the folders that hold them, and what computes their answers."""
