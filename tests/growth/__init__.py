"""What grows with an event: every page that can be read, measured at ten, a hundred and a thousand of everything."""
