"""Makes the scripts inside a page smaller, which comes with every visit: without what only their readers need."""


def lean(script: str) -> str:
    """Return a script without indentation, empty lines and lines that are comments; other lines stay as they are."""
    lines = map(str.strip, script.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
