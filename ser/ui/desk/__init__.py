"""The annotator's desk, and the agreement of annotators."""
