"""What every tab shares: the theme, the header, the scripts of the page."""
