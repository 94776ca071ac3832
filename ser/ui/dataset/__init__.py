"""The Data set tab."""
