"""Many files at once: `turns` scores a batch when it is its turn, `many` is the inner tab of Record that sends the batches."""
