"""Pictures: what a link looks like in a chat, in a feed and on a wall. Alone in knowing Pillow and its fonts."""
