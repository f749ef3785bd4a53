"""The plugin host: hooks, contributions, permissions, and who calls."""
