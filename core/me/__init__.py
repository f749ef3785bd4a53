"""Everything of one's own, over all events: `/me` and its JSON."""
