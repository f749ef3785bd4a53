"""An event: one edition of a congress, its team, and the plugins that are switched on for it."""
