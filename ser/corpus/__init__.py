"""The data set: its clips and splits, fetched, scanned, prepared and served."""
