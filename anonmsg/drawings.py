"""The shapes of the mark and of the few drawings, as SVG paths: pages draw them, and so does the first HTML."""

MARK_BOX = "0 0 32 32"
BUBBLE = "M7 5h18a4 4 0 0 1 4 4v11a4 4 0 0 1-4 4H15l-6.2 4.6A.5.5 0 0 1 8 28.2V24H7a4 4 0 0 1-4-4V9a4 4 0 0 1 4-4Z"
FLAP = "m8.5 10.5 6.6 5.3a1.5 1.5 0 0 0 1.8 0l6.6-5.3"

DRAWING_BOX = "0 0 120 88"

Shapes = tuple[tuple[str, bool], ...]
"""Paths, and whether each is filled with the warm colour."""

EMPTY_MAILBOX: Shapes = (
    ("M14 78h92", False),
    ("M30 78V36a16 16 0 0 1 16-16h36a16 16 0 0 1 16 16v26H62V36a16 16 0 0 0-32 0v26h32", False),
    ("M46 78V62M78 40h10M74 20v-8h12v8", True),
)
PAPER_PLANE: Shapes = (
    ("M36 44 98 16 76 70 60 54Z", True),
    ("M60 54 98 16M60 54l-2 16 9-9", False),
    ("M10 66c8-8 16-10 24-8", False),
)
CLOSED_ENVELOPE: Shapes = (
    ("M26 24h68a4 4 0 0 1 4 4v40a4 4 0 0 1-4 4H26a4 4 0 0 1-4-4V28a4 4 0 0 1 4-4Z", True),
    ("m26 28 34 24 34-24", False),
)
LOST_WAY: Shapes = (
    ("M60 80V14", False),
    ("M60 18h30l8 8-8 8H60Z", True),
    ("M60 40H32l-8 8 8 8h28Z", False),
    ("M40 80h40", False),
)
