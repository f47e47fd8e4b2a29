"""Mail: what is sent to people, and the ways to send it."""
