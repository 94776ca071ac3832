"""Parts of a page that several tabs show: a result and its timeline."""
