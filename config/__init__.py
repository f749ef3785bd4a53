"""One installation: settings, events, the migration registry. No logic."""
