"""Who asks: sign-in of people, sessions, roles."""
