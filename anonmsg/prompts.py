"""Ideas for people who stand before an empty field: by theme, fit for any age, and about nobody's secrets."""

import random
from collections.abc import Callable, Sequence

from anonmsg.models import PageSettings, Theme

AT_ONCE = 12
"""How many of ours a page gets: enough to ask for others three times without asking the server."""

LABELS: dict[Theme, str] = {
    "kind": "Kind words",
    "honest": "Honest feedback",
    "work": "Work",
    "friends": "Friends",
    "school": "School",
    "creative": "Creative things",
    "fun": "Fun",
    "deep": "Deep questions",
}

BY_THEME: dict[Theme, tuple[str, ...]] = {
    "kind": (
        "Something you do better than you think:",
        "What I admire about you:",
        "Something you did that helped me more than you know:",
        "A moment with you that I still remember:",
        "You made my day when you",
        "What I would thank you for if I were braver:",
        "Three words that describe you well:",
        "The world would be a little greyer without your",
        "A small thing you do that makes others feel welcome:",
        "When I think of you, the first good thing is:",
        "What you should be prouder of:",
        "I feel at ease around you because",
        "Something kind you said that stayed with me:",
        "You are at your best when you",
        "I hope you never stop",
        "A strength of yours that you may not see:",
    ),
    "honest": (
        "If I could give you one piece of honest advice, it would be:",
        "One small thing that would make you even better at what you do:",
        "What you should do more often:",
        "What you should do less often:",
        "A habit of yours that I would change:",
        "Something you could stop worrying about:",
        "A thing you explain well, and one you could explain better:",
        "What I wish you had asked me:",
        "When you are stressed, it would help if you",
        "Something you decided that I would have decided differently:",
        "You may not notice it, but you often",
        "Where I think you hold yourself back:",
        "One thing to keep, one thing to change:",
        "What I would tell you if I knew you would not mind:",
        "How could you listen even better?",
        "A promise of yours that I am still looking forward to:",
    ),
    "work": (
        "What should our team try next?",
        "Your talk in one honest sentence:",
        "The best part of working with you:",
        "Something that would make our meetings better:",
        "What I learned from you this year:",
        "A task that you should hand to somebody else:",
        "What should we stop doing?",
        "I could do my work better if you",
        "A decision of yours that turned out well:",
        "What would you do differently if you began this project again?",
        "What I would like to hear more about from you:",
        "The question I did not ask after your presentation:",
        "What makes you easy to work with:",
        "A skill I would like you to teach us:",
        "How did you get into the work that you do?",
        "What newcomers here should know from the start:",
    ),
    "friends": (
        "What I would like us to do together one day:",
        "The first thing I thought when we met:",
        "A song, book or film that reminds me of you:",
        "We should finally",
        "My favourite memory with you:",
        "You are the friend who always",
        "A place that I would love to show you:",
        "What I enjoy most about talking with you:",
        "How did we not become friends sooner?",
        "Something we have in common that you may not know:",
        "The joke of yours that I still tell:",
        "If we had a whole free day together, I would",
        "What should we cook together?",
        "When we have not spoken for a while, I miss",
        "A trip that we should plan:",
        "Thank you for being there when",
    ),
    "school": (
        "Your class in one honest sentence:",
        "Something you explained so well that I never forgot it:",
        "What would make this lesson more fun?",
        "A topic that I would like to hear more about:",
        "I would ask more questions if",
        "The best project that we did together:",
        "What helped me most this term:",
        "Something that was too fast, or too slow:",
        "What would you like to learn that nobody teaches here?",
        "You make learning easier because you",
        "A subject that suits you well:",
        "What should our next class trip be?",
        "How do you keep calm before an exam?",
        "A book that I would put on our reading list:",
        "What I would tell the students who come after us:",
        "One thing I understand now, thanks to you:",
    ),
    "creative": (
        "My favourite thing that you have made:",
        "What should you make next?",
        "Your work reminds me of",
        "A colour, a sound and a place that fit you:",
        "If your life were a film, its title would be:",
        "What gave you the idea for your last piece?",
        "A detail of your work that I love:",
        "Something that I would love to see you try:",
        "The first line of a story about you:",
        "What were you listening to when you made this?",
        "If you wrote a book, I would want it to be about",
        "Which of your pieces would you keep if you could keep only one?",
        "Your style in three words:",
        "Something old of yours that you should go back to:",
        "Who should you make something with?",
        "When I saw what you made, I felt",
    ),
    "fun": (
        "If you were a dish, you would be:",
        "Which animal are you, and why?",
        "Your superpower, as I see it:",
        "The best nickname for you:",
        "Pancakes or waffles? Choose wisely.",
        "What would you take to the moon?",
        "A silly rule that everybody should follow for a day:",
        "If we swapped lives for a day, I would first",
        "The song that plays when you enter a room:",
        "What would your pet say about you?",
        "You would win a competition in",
        "What is the most useless thing that you can do really well?",
        "Describe your day in three emoji.",
        "Which cartoon character is most like you?",
        "If you opened a café, it would be called:",
        "What would you do with an extra hour every day?",
    ),
    "deep": (
        "A question that I have long wanted to ask you:",
        "What are you grateful for today?",
        "What would you tell yourself of ten years ago?",
        "When did you last change your mind about something?",
        "What does a good day look like for you?",
        "What do you hope people remember about you?",
        "Something small that means a lot to you: what is it?",
        "What gives you courage?",
        "Which moment would you live through once more?",
        "What I never told you, but always wanted to:",
        "What are you looking forward to?",
        "What have you learned from a mistake?",
        "Where do you feel most at home?",
        "What would you try if you knew that you could not fail?",
        "Who taught you something that you still live by?",
        "What would you like to have more time for?",
    ),
}

PROMPTS: tuple[str, ...] = tuple(prompt for prompts in BY_THEME.values() for prompt in prompts)

ASKS = ("?", "\uff1f", "\u061f")
"""Question marks: Latin, full width, Arabic."""


def begun(prompt: str) -> str:
    """Return what a picked prompt puts into the field, ready to go on after it unless it is a question."""
    return prompt if prompt.endswith(ASKS) else f"{prompt} "


Shuffle = Callable[[Sequence[str], int], list[str]]


def pick(page: PageSettings, how_many: int = AT_ONCE, sample: Shuffle = random.sample) -> list[str]:
    """Return prompts for a page: all of the recipient's own first, as written, then some by chance.

    Whoever has own prompts and chose no theme wants no others. What would leave no room to write is left out.

    Args:
        page: What the recipient chose.
        how_many: How many others at most.
        sample: Chooses by chance; no secret hangs on it.
    """
    own = [prompt for prompt in page.own_prompts if len(prompt) < page.most_characters]
    themes = page.themes or (() if own else BY_THEME)
    fitting = [
        prompt
        for theme in themes
        for prompt in BY_THEME[theme]
        if prompt not in own and len(prompt) < page.most_characters
    ]
    return [*own, *sample(fitting, min(how_many, len(fitting)))]
