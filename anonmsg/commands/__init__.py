"""Commands: what `anonmsg …` does, one module a command."""
