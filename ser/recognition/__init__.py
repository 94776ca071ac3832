"""A recording -> scores, a verdict, and the reasons for them."""
