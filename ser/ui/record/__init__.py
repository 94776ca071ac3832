"""The Record tab."""
