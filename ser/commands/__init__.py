"""`python -m ser COMMAND`."""
