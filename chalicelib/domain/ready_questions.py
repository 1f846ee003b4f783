"""Questions that every event asks in the same way, so that an organiser need not write them."""

from typing import Any

READY: dict[str, dict[str, Any]] = {
    "dietary": {
        "kind": "choices",
        "label": {"en": "What do you eat?", "ru": "Особенности питания"},
        "help": {"en": "For the meals during the event.", "ru": "Для питания во время мероприятия."},
        "choices": [
            {"id": "vegetarian", "label": {"en": "Vegetarian", "ru": "Вегетарианское"}},
            {"id": "vegan", "label": {"en": "Vegan", "ru": "Веганское"}},
            {"id": "halal", "label": {"en": "Halal", "ru": "Халяль"}},
            {"id": "kosher", "label": {"en": "Kosher", "ru": "Кошерное"}},
            {"id": "no-gluten", "label": {"en": "Without gluten", "ru": "Без глютена"}},
            {"id": "no-lactose", "label": {"en": "Without lactose", "ru": "Без лактозы"}},
        ],
    },
    "accessibility": {
        "kind": "long-text",
        "label": {"en": "What do you need to take part?", "ru": "Что Вам нужно для участия?"},
        "help": {
            "en": "For instance a place for a wheelchair, large print, captions, or somebody who assists you.",
            "ru": "Например, место для кресла-коляски, крупный шрифт, субтитры или сопровождающий.",
        },
        "max_length": 1000,
    },
    "interpretation": {
        "kind": "choice",
        "label": {"en": "Do you need interpretation?", "ru": "Нужен ли Вам перевод?"},
        "choices": [
            {"id": "none", "label": {"en": "No", "ru": "Нет"}},
            {"id": "english", "label": {"en": "Into English", "ru": "На английский"}},
            {"id": "russian", "label": {"en": "Into Russian", "ru": "На русский"}},
            {"id": "sign-language", "label": {"en": "Sign language", "ru": "Жестовый язык"}},
        ],
    },
}
"""Questions that need no writing: ``use: dietary``. What stands beside ``use`` takes the place of what is here."""
