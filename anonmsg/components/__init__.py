"""Components: pieces that more than one page shares, and the wrappers of what only a browser can do."""
