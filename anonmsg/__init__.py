"""anonmsg: people share one link and receive honest, anonymous messages."""
