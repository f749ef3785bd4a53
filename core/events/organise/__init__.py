"""Pages of the organiser's console, a module a subject."""
