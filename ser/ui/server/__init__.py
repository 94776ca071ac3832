"""The app as a whole: built, guarded, limited and served."""
