"""The agenda as people in different zones read it."""

from datetime import date

from chalicelib.adapters.language import load_locale
from chalicelib.adapters.programme import programme
from tests.adapters.sample_event import both, document, item

EN = load_locale("en")


def sessions(*days, starts="20:00", ends="22:00"):
    return [{"id": f"session-{day}", "title": both(f"Session {day}", f"Сессия {day}"), "day": day, "starts": starts,
             "ends": ends} for day in days]


def test_each_line_has_the_readers_hours_and_the_events():
    plan = programme(document(), EN, "Asia/Tashkent")
    assert (plan.two_zones, plan.own, plan.event) == (True, "Tashkent", "Vienna")
    opening = plan.bands[1].rows[0]
    assert (opening.hours.own, opening.hours.event, opening.hours.day) == ("12:30–12:50", "08:30–08:50", "")


def test_one_column_of_hours_is_enough_where_the_clocks_agree():
    assert not programme(document(), EN, "Europe/Vienna").two_zones
    assert not programme(document(), EN, "Africa/Algiers").two_zones


def test_moderators_are_told_from_speakers():
    session = programme(document(), EN, "Europe/Vienna").bands[1]
    assert [len(row.moderators) for row in session.rows] == [0, 0, 1]
    assert [len(row.speakers) for row in session.rows] == [2, 0, 0]


def test_sessions_of_a_registered_reader_are_marked():
    plan = programme(document(), EN, "Asia/Tashkent", ["session-2"])
    assert [band.session.id for band in plan.bands if band.mine] == ["session-2"]


def test_a_reader_whose_date_differs_is_told_once_per_date():
    late = [{"id": "late", "title": both("Late", "Поздно"), "starts": "16:00", "ends": "18:00", "items": [
        item("one", "16:00", "16:30", both("One", "Первое")), item("two", "16:30", "17:00", both("Two", "Второе"))]}]
    [band] = programme(document(sessions=late), EN, "Asia/Tokyo").bands
    assert band.hours.day == "Friday 29 January"
    assert [row.hours.day for row in band.rows] == ["", ""]


def test_the_date_is_told_where_midnight_falls_within_a_session():
    late = [{"id": "late", "title": both("Late", "Поздно"), "starts": "19:30", "ends": "21:00", "items": [
        item("one", "19:30", "20:00", both("One", "Первое")), item("two", "20:00", "21:00", both("Two", "Второе"))]}]
    [band] = programme(document(sessions=late), EN, "Asia/Tashkent").bands
    assert (band.hours.day, [row.hours.day for row in band.rows]) == ("", ["", "Friday 29 January"])


def test_a_night_is_one_day_whose_items_say_the_date_after_midnight():
    night = [{"id": "night", "title": both("Night", "Ночь"), "starts": "22:00", "ends": "02:00", "overnight": True,
              "items": [item("one", "22:00", "23:30", both("One", "Первое")),
                        item("two", "00:30", "02:00", both("Two", "Второе"))]}]
    [(start, end)] = document(sessions=night).days
    assert (f"{start:%d %H:%M}", f"{end:%d %H:%M}") == ("28 22:00", "29 02:00")
    [band] = programme(document(sessions=night), EN, "Europe/Vienna").bands
    assert (band.date, band.hours.own, band.hours.day) == ("", "22:00–02:00", "")
    assert [row.hours.day for row in band.rows] == ["", "Friday 29 January"]


def test_days_open_with_their_date_only_when_there_are_several():
    one = programme(document(), EN, "Asia/Tashkent")
    assert {band.date for band in one.bands} == {""}
    two = programme(document(sessions=sessions(1, 2)), EN, "Europe/Vienna")
    assert [band.date for band in two.bands] == ["Thursday, 28 January 2021", "Friday, 29 January 2021"]


def test_each_day_of_several_says_the_readers_date_where_it_is_another():
    plan = programme(document(sessions=sessions(1, 2)), EN, "Australia/Sydney")
    assert [band.hours.day for band in plan.bands] == ["Friday 29 January", "Saturday 30 January"]


def test_sessions_come_in_order_of_time():
    plan = programme(document(sessions=sessions(2, 1), date=date(2021, 1, 28)), EN, "Europe/Vienna")
    assert [band.session.day for band in plan.bands] == [1, 2]


def test_a_session_has_its_hours_in_utc_unless_one_of_the_clocks_shows_them():
    assert [band.utc for band in programme(document(), EN, "Asia/Tashkent").bands][:2] == [
        "07:00–07:30\u00a0UTC", "07:30–09:10\u00a0UTC"]
    assert not any(band.utc for band in programme(document(), EN, "Europe/London").bands)
    [early] = programme(document(sessions=sessions(1, starts="00:30", ends="02:00")), EN, "Asia/Tashkent").bands
    assert early.utc == "27 January, 23:30–01:00\u00a0UTC"
