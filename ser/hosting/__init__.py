"""How the app is reached: its flags, who may log in, where uploads lie."""
