"""The outermost middleware, and the guard that every route passes."""
