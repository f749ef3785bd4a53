"""The host: knows no plugin, not even by name."""
