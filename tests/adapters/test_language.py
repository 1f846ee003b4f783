"""Days, hours and places as people of each language write them, in the zone they live in."""

import re
import zoneinfo
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from chalicelib.adapters import language
from chalicelib.adapters.language import LOCALES, available, load_locale

DAY = date(2021, 1, 28)
START = datetime(2021, 1, 28, 8, 30, tzinfo=ZoneInfo("Europe/Vienna"))
END = datetime(2021, 1, 28, 12, 0, tzinfo=ZoneInfo("Europe/Vienna"))
EN, RU = load_locale("en"), load_locale("ru")


def times(locale, zone, start=START, end=END):
    return locale.times(start, end, own_zone=zone, event_zone="Europe/Vienna")


def test_english_writes_the_day_before_the_month():
    assert EN.date(DAY) == "Thursday, 28 January 2021"
    assert EN.date(DAY, weekday=False) == "28 January 2021"
    assert EN.date(DAY, year=False) == "Thursday 28 January"
    assert EN.date(DAY, weekday=False, year=False) == "28 January"


def test_russian_writes_the_month_in_the_genitive_and_never_breaks_before_g():
    assert RU.date(DAY) == "четверг, 28 января 2021\u00a0г."
    assert RU.date(date(2021, 5, 1), weekday=False) == "1 мая 2021\u00a0г."
    assert RU.date(DAY, year=False) == "четверг, 28 января"


def test_russian_says_until_when_in_words_that_leave_the_weekday_as_it_is():
    """``до суббота`` would be wrong, and a date is not declined here: it follows a colon or a dash."""
    texts = (LOCALES / "ru/LC_MESSAGES/convoke.po").read_text().replace('"\n"', "")
    said = re.findall(r'^msgstr (".*%\(until\)s.*)$', texts, re.MULTILINE)
    assert len(said) > 10
    assert [one for one in said if re.search(r"(до|с|к|по|после|позднее) %\(until\)s", one)] == []


def test_the_readers_zone_comes_first_then_the_events_then_utc():
    lines = times(EN, "Asia/Tashkent")
    assert [(line.whose, line.hours, line.where) for line in lines] == [
        ("own", "12:30–16:00", "Tashkent, UTC+5"),
        ("event", "08:30–12:00", "Vienna, CET, UTC+1"),
        ("utc", "07:30–11:00", "UTC")]
    assert {line.date for line in lines} == {"Thursday, 28 January 2021"}


def test_places_are_named_in_the_readers_language():
    assert [line.place for line in times(RU, "Asia/Tashkent")] == ["Ташкент", "Вена", ""]
    assert [line.label for line in times(RU, "Europe/Moscow")] == ["МСК, UTC+3", "CET, UTC+1", "UTC"]


def test_zones_with_the_same_time_are_said_once():
    assert [(line.whose, line.place) for line in times(EN, "Europe/Vienna")] == [("own", "Vienna"), ("utc", "")]
    assert [(line.whose, line.place) for line in times(EN, "Africa/Algiers")] == [("own", "Algiers"), ("utc", "")]
    assert [line.whose for line in times(EN, "Europe/London")] == ["own", "event"]
    assert [line.whose for line in times(EN, "Etc/UTC")] == ["own", "event"]


def test_whether_zones_agree_is_asked_at_that_moment():
    summer = datetime(2021, 7, 1, 8, 30, tzinfo=ZoneInfo("Europe/Vienna"))
    assert [line.whose for line in times(EN, "Africa/Algiers", summer, summer)] == ["own", "event", "utc"]


def test_a_night_in_which_the_clocks_change_names_both():
    start = datetime(2021, 10, 31, 1, 30, tzinfo=ZoneInfo("Europe/Vienna"))
    own, _ = times(EN, "Europe/Vienna", start, start.replace(hour=4))
    assert (own.hours, own.label) == ("01:30–04:30", "CEST, UTC+2, then CET, UTC+1")
    assert EN.place("Europe/Vienna", [start]) == "Vienna (CEST, UTC+2)"
    assert EN.place("Europe/Vienna", [start, start.replace(hour=4)]) == "Vienna"


def test_an_evening_in_vienna_is_another_day_in_sydney():
    evening = datetime(2021, 1, 28, 20, 0, tzinfo=ZoneInfo("Europe/Vienna"))
    own, event, utc = times(EN, "Australia/Sydney", evening, evening.replace(hour=22))
    assert (own.date, own.hours, own.other_day) == ("Friday, 29 January 2021", "06:00–08:00", True)
    assert (event.date, event.other_day) == ("Thursday, 28 January 2021", False)
    assert not utc.other_day


def test_half_hours_and_negative_offsets_are_written_out():
    assert EN.offset(START, "Asia/Kolkata") == "UTC+5:30"
    assert EN.offset(START, "Asia/Kathmandu") == "UTC+5:45"
    assert EN.offset(START, "America/St_Johns") == "UTC−3:30"
    assert EN.offset(START, "UTC") == "UTC"
    assert times(EN, "Asia/Kolkata")[0].hours == "13:00–16:30"


def test_letters_of_a_zone_are_shown_where_it_has_them():
    assert EN.zone_label(START, "Europe/Vienna") == "CET, UTC+1"
    assert EN.zone_label(datetime(2021, 7, 1, tzinfo=UTC), "Europe/Vienna") == "CEST, UTC+2"
    assert EN.zone_label(START, "Asia/Tashkent") == "UTC+5"
    assert EN.zone_label(START, "UTC") == "UTC"


@pytest.mark.parametrize("locale", [EN, RU], ids=lambda locale: locale.code)
def test_every_zone_that_an_invitee_may_live_in_can_be_shown(locale):
    for zone in sorted(zoneinfo.available_timezones() - {"Factory", "localtime"}):
        assert times(locale, zone)[0].where
        assert locale.city(zone) or "/" not in zone or zone.startswith("Etc/")


def test_old_and_new_names_of_a_zone_are_the_same_place():
    assert EN.city("Asia/Calcutta") == EN.city("Asia/Kolkata") == "Kolkata"
    assert RU.city("Europe/Kiev") == RU.city("Europe/Kyiv") == "Киев"
    assert RU.city("Turkey") == "Стамбул"


def test_countries_have_the_names_that_the_united_nations_use():
    assert (EN.country("UZ"), RU.country("uz")) == ("Uzbekistan", "Узбекистан")
    assert RU.country("KG") == "Кыргызстан"
    assert EN.country("ZZZ") == "ZZZ"


def test_a_language_that_there_is_not_falls_back_to_english():
    assert load_locale("xx") is EN
    assert load_locale("../ru") is EN
    assert available()[0] == "en"
    assert "ru" in available()


def test_codes_that_anybody_makes_up_are_not_kept():
    before = language._load.cache_info().currsize
    assert {load_locale(f"made-up-{n}") for n in range(50)} == {load_locale("en")}
    assert language._load.cache_info().currsize <= before + 1


def test_a_language_knows_its_own_name_and_direction():
    assert (EN.name, RU.name, RU.direction) == ("English", "Русский", "ltr")


def test_russian_has_three_plural_forms():
    said = [RU.ngettext("%(n)d day before", "%(n)d days before", n) % {"n": n} for n in (1, 2, 5, 21)]
    assert said == ["за 1 день", "за 2 дня", "за 5 дней", "за 21 день"]


def brief(locale, zone, start=START, end=None):
    return locale.brief(start, end or start, own_zone=zone, event_zone="Europe/Vienna")


def test_the_other_zones_in_few_words_leave_out_what_the_reader_sees_already():
    assert brief(EN, "Asia/Tashkent") == ("08:30 in Vienna", "07:30\u00a0UTC")
    assert brief(load_locale("ru"), "Asia/Tashkent") == ("08:30, Вена", "07:30\u00a0UTC")
    assert brief(EN, "Europe/Vienna") == ("07:30\u00a0UTC",)
    assert brief(EN, "Etc/UTC") == ("08:30 in Vienna",)
    assert EN.aside(START, START, own_zone="Etc/UTC", event_zone="Etc/UTC") == ""


def test_of_the_two_moments_that_a_clock_shows_alike_each_has_its_own_utc():
    twice = datetime(2021, 10, 31, 2, 30, tzinfo=ZoneInfo("Europe/Vienna"))
    assert [brief(EN, "Europe/Vienna", moment) for moment in (twice, twice.replace(fold=1))] == [
        ("00:30\u00a0UTC",), ("01:30\u00a0UTC",)]


def test_a_zone_that_parts_from_anothers_clock_during_a_night_is_shown():
    start, end = (datetime(2021, 3, 28, hour, tzinfo=UTC) for hour in (0, 3))
    assert [line.hours for line in EN.times(start, end, own_zone="Africa/Lagos", event_zone="Europe/Vienna")] == [
        "01:00–04:00", "01:00–05:00", "00:00–03:00"]
