"""`python -m ser COMMAND`: one parser, one short function per command."""
