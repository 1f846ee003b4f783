"""A small event of the symposium's shape, for the tests of what is typeset and of what goes into calendars."""

from datetime import UTC, datetime
from typing import Any

from chalicelib.domain.event import Event, EventDocument

PUBLISHED = datetime(2021, 1, 14, 9, 30, tzinfo=UTC)


def both(en: str, ru: str) -> dict[str, str]:
    return {"en": en, "ru": ru}


def item(id: str, starts: str, ends: str, title: dict[str, str], **rest: Any) -> dict[str, Any]:
    return {"id": id, "starts": starts, "ends": ends, "title": title, **rest}


HELD = {"name": both("Ms. Renate Held", "г-жа Рената Хельд"),
        "office": both("Regional Director, IOM", "Региональный директор, МОМ")}
MINISTER = {
    "name": both("H.E. Erkin Mukhitdinov", "Е. П. Эркин Мухитдинов"),
    "office": both("First Deputy Minister of Employment and Labour Relations of the Republic of Uzbekistan",
                   "Первый заместитель министра занятости и трудовых отношений Республики Узбекистан"),
}
SCHAEFER = {
    "name": both("Ms. Katja Schaefer", "г-жа Катя Шефер"), "role": "moderator",
    "office": both("Interregional Advisor, United Nations Human Settlements Programme",
                   "Межрегиональный советник, Программа ООН по населённым пунктам"),
}
UNDP = {"name": both("Representative of the United Nations Development Programme",
                     "Представитель Программы развития ООН"), "confirmed": False}

SESSIONS = [
    {"id": "familiarisation", "kind": "familiarisation", "starts": "08:00", "ends": "08:30",
     "title": both("Getting to know the conferencing platform", "Знакомство с платформой для видеоконференций")},
    {"id": "session-1", "starts": "08:30", "ends": "10:10",
     "title": both("Session 1: The Global Compact at home", "Сессия 1: Глобальный договор на национальном уровне"),
     "items": [
         item("opening", "08:30", "08:50", both("Opening remarks", "Вступительное слово"), kind="remarks",
              people=[HELD, MINISTER]),
         item("report", "08:50", "09:10", both("IOM’s World Migration Report 2020, in Russian",
                                               "Доклад МОМ о миграции в мире 2020 на русском языке"),
              kind="presentation", points=[both("Questions and answers", "Вопросы и ответы")]),
         item("roundtable-1", "09:10", "10:10", both("Roundtable One", "Круглый стол № 1"), kind="roundtable",
              people=[SCHAEFER], points=[
                  both("Lessons from carrying out the Compact, and from its first regional review",
                       "Уроки осуществления Договора и первого регионального обзора"),
                  both("Needs and opportunities", "Потребности и возможности")]),
     ]},
    {"id": "break", "kind": "break", "starts": "10:10", "ends": "10:20", "title": both("Break", "Перерыв")},
    {"id": "session-2", "starts": "10:20", "ends": "12:00",
     "title": both("Session 2: Working together", "Сессия 2: Совместная работа"),
     "items": [
         item("fund", "10:20", "10:40", both("The Migration Multi-Partner Trust Fund",
                                             "Многосторонний целевой фонд по миграции"), kind="presentation"),
         item("roundtable-2", "10:40", "11:25", both("Priorities of the region", "Приоритеты региона"),
              kind="roundtable"),
         item("closing", "11:45", "12:00", both("Way forward and closing remarks",
                                                "Дальнейшие шаги и заключительное слово"),
              kind="closing", people=[UNDP]),
     ]},
]


def document(**changes: Any) -> EventDocument:
    """The document, with fields replaced by those given."""
    return EventDocument.model_validate({
        "title": both("Fostering Sub-Regional Cooperation on Migration in Central Asia",
                      "Развитие субрегионального сотрудничества в сфере миграции в Центральной Азии"),
        "summary": both("A symposium for nine governments and their partners.",
                        "Симпозиум для правительств девяти стран и их партнёров."),
        "languages": ["en", "ru"], "time_zone": "Europe/Vienna", "date": "2021-01-28",
        "organiser": {"name": both("IOM Regional Office in Vienna", "Региональное бюро МОМ в Вене"),
                      "sender": "symposium@example.org", "reply_to": "secretariat@example.org"},
        "venue": {"name": both("Online, on Zoom", "Онлайн, на платформе Zoom"),
                  "join_url": "https://meet.example.org/j/123?pwd=a,b;c"},
        "sessions": SESSIONS, "answer_by": {"days_before": 7, "at": "18:00"},
        "consent": both("I agree.", "Я даю согласие."),
        **changes,
    })


def event(*, version: int = 3, **changes: Any) -> Event:
    """Version 3 of the event, published on 14 January 2021."""
    return Event(id="symposium", version=version, document=document(**changes), published_at=PUBLISHED)
