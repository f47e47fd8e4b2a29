"""Ideas for people who stand before an empty field."""

import random

PROMPTS = (
    "Something you do better than you think:",
    "What I never told you, but always wanted to:",
    "One small thing that would make you even better at what you do:",
    "A moment with you that I still remember:",
    "What people say about you when you are not there (the good part):",
    "If I could give you one piece of honest advice, it would be:",
    "A question I never dared to ask you:",
    "What I admire about you:",
    "Something you did that helped me more than you know:",
    "A habit of yours that I would change:",
    "The first thing I thought when we met:",
    "A song, book or film that reminds me of you:",
    "What I would like us to do together one day:",
    "Your talk, class or project in one honest sentence:",
    "What you should do more often:",
    "What you should do less often:",
)


def pick(how_many: int = 3) -> list[str]:
    """Return different prompts, chosen by chance."""
    return random.sample(PROMPTS, how_many)  # no secret hangs on this choice
