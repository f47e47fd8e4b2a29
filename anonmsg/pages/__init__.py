"""Pages: what is on screen, one module a route. No logic, and nothing that waits."""
