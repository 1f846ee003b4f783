"""The agenda as PDF, read back by two other programs: pypdf, and poppler's pdftotext where it is installed."""

import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from chalicelib.adapters import typesetting
from chalicelib.adapters.typesetting import agenda_data, agenda_pdf
from chalicelib.domain.colour import contrast
from tests.adapters.sample_event import MINISTER, SESSIONS, UNDP, both, event, item

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/central-asia-symposium"
EIGHT_IN_VIENNA = {"starts": "08:00", "ends": "08:30"}


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    """The words of all pages, with white space folded."""
    return " ".join(" ".join(page.extract_text() for page in read(pdf).pages).split())


def bookmarks(outline: list[Any], depth: int = 0) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for entry in outline:
        found += bookmarks(entry, depth + 1) if isinstance(entry, list) else [(depth, entry.title)]
    return found


def session(id: str = "s", **rest: Any) -> dict[str, Any]:
    return {"id": id, "title": both("Session", "Сессия"), **EIGHT_IN_VIENNA, **rest}


def times(data: dict[str, Any]) -> list[list[str]]:
    return [session["hours"] for day in data["days"] for session in day["sessions"]]


def test_the_agenda_says_who_invites_to_what_when_where_and_whom_to_ask() -> None:
    said = text_of(agenda_pdf(event(), "en", "Europe/Vienna"))
    for words in ("IOM Regional Office in Vienna", "Fostering Sub-Regional Cooperation on Migration in Central Asia",
                  "Thursday, 28 January 2021", "08:30–12:00 (Vienna, CET, UTC+1)", "07:30–11:00 UTC", "Online, on Zoom",
                  "secretariat@example.org"):
        assert words in said


def test_sessions_items_people_with_office_and_points_are_on_it() -> None:
    said = text_of(agenda_pdf(event(), "en", "Europe/Vienna"))
    for words in ("Session 1: The Global Compact at home", "Opening remarks", "Ms. Renate Held, Regional Director, IOM",
                  "Moderator: Ms. Katja Schaefer, Interregional Advisor", "Needs and opportunities",
                  "Break · 09:10–09:20 UTC · 10 min"):
        assert words in said


def test_the_russian_agenda_is_russian_throughout() -> None:
    said = text_of(agenda_pdf(event(), "ru", "Asia/Tashkent"))
    for words in ("Четверг, 28 января 2021", "12:30–16:00 (Ташкент, UTC+5)", "Вступительное слово", "Модератор:",
                  "100 мин", "Стр. 1 из", "Время: Вена (CET, UTC+1) и Ташкент (UTC+5)"):
        assert words in said
    for words in ("Agenda", "Session", "Times in", "Page", "Moderator", "min"):
        assert words not in said


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler's pdftotext is not installed")
@pytest.mark.parametrize(("language", "words"), [("ru", "Эркин Мухитдинов"), ("en", "Ms. Renate Held")])
def test_poppler_reads_the_words_too(language: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "agenda.pdf").write_bytes(agenda_pdf(event(), language, "Asia/Tashkent"))
    done = subprocess.run(["pdftotext", tmp_path / "agenda.pdf", "-"], capture_output=True, text=True, check=True)
    assert words in done.stdout
    assert "12:30–14:10" in done.stdout


def test_each_page_carries_the_version_and_its_own_number() -> None:
    pages = read(agenda_pdf(event(sessions=crowded()), "en", "Europe/Vienna")).pages
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert "Agenda version 3, 14 January 2021" in page.extract_text()
        assert f"Page {number} of {len(pages)}" in page.extract_text()


def test_the_pdf_is_tagged_titled_in_its_language_and_claims_pdf_ua() -> None:
    pdf = read(agenda_pdf(event(), "ru", "Asia/Tashkent"))
    root: Any = pdf.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("ru", True)
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    assert pdf.metadata is not None
    assert pdf.metadata.title == event().document.title["ru"]
    assert pdf.metadata.author == "Региональное бюро МОМ в Вене"


def test_bookmarks_lead_to_the_sessions_and_not_to_the_breaks() -> None:
    assert bookmarks(read(agenda_pdf(event(), "en", "Europe/Vienna")).outline) == [
        (0, "Fostering Sub-Regional Cooperation on Migration in Central Asia"),
        (1, "Getting to know the conferencing platform"), (1, "Session 1: The Global Compact at home"),
        (1, "Session 2: Working together")]


def test_an_event_of_several_days_is_bookmarked_by_day() -> None:
    days = event(sessions=[session("one"), session("two", day=2)])
    assert [depth for depth, _ in bookmarks(read(agenda_pdf(days, "en", "Europe/Vienna")).outline)] == [0, 1, 2, 1, 2]
    data = agenda_data(days, "ru", "Europe/Vienna")
    assert [day["title"] for day in data["days"]] == [
        "Четверг, 28 января 2021\u00a0г.", "Пятница, 29 января 2021\u00a0г."]
    assert data["facts"][0]["lines"] == [
        {"text": "Четверг, 28 января 2021\u00a0г. – пятница, 29 января 2021\u00a0г.", "strong": True}]


def test_readers_elsewhere_get_their_own_time_in_a_second_column() -> None:
    data = agenda_data(event(), "en", "Asia/Tashkent")
    assert data["days"][0]["columns"] == ["Vienna\nCET, UTC+1", "Tashkent\nUTC+5", "Programme"]
    assert times(data)[1] == ["08:30–10:10", "12:30–14:10"]


@pytest.mark.parametrize("zone", ["Europe/Vienna", "Europe/Paris", "Africa/Lagos"])
def test_a_zone_with_the_same_hours_makes_no_second_column(zone: str) -> None:
    data = agenda_data(event(), "en", zone)
    assert data["days"][0]["columns"] == ["Vienna\nCET, UTC+1", "Programme"]
    assert data["zones"] == "Times in Vienna (CET, UTC+1)"


def test_a_zone_that_differs_on_one_day_only_has_its_column_on_all() -> None:
    across = event(date="2021-03-27", sessions=[session("one"), session("two", day=2)])  # clocks change on 28 March
    data = agenda_data(across, "en", "Africa/Lagos")
    assert times(data) == [["08:00–08:30", "08:00–08:30"], ["08:00–08:30", "07:00–07:30"]]
    assert data["days"][1]["columns"][0] == "Vienna\nCEST, UTC+2"
    assert data["zones"] == "Times in Vienna and Lagos (WAT, UTC+1)"


def test_another_date_for_the_reader_is_said_beside_the_hours() -> None:
    late = session(starts="18:00", ends="22:00", items=[
        item("one", "18:00", "20:00", both("One", "Раз")), item("two", "20:30", "22:00", both("Two", "Два"))])
    [shown] = agenda_data(event(sessions=[late]), "en", "Asia/Tashkent")["days"][0]["sessions"]
    assert shown["notes"] == ["", ""]
    assert [part["notes"] for part in shown["items"]] == [["120 min", ""], ["90 min", "29 January"]]
    [shown] = agenda_data(event(sessions=[late]), "ru", "Pacific/Auckland")["days"][0]["sessions"]
    assert shown["notes"] == ["", "29 января"]


def test_each_session_and_item_has_its_hours_in_utc_unless_a_column_shows_them() -> None:
    def utc(zone: str, **changes: Any) -> list[str]:
        return [one["utc"] for one in agenda_data(event(**changes), "en", zone)["days"][0]["sessions"]]

    sessions = agenda_data(event(), "en", "Asia/Tashkent")["days"][0]["sessions"]
    assert [item["utc"] for item in sessions[1]["items"]][:2] == ["07:30–07:50\u00a0UTC", "07:50–08:10\u00a0UTC"]
    london = agenda_data(event(), "en", "Europe/London")["days"][0]["sessions"]
    assert {item["utc"] for one in london for item in one["items"]} == {""}

    assert utc("Asia/Tashkent")[1] == "07:30–09:10\u00a0UTC"
    assert utc("Europe/London") == utc("Asia/Tashkent", time_zone="Africa/Abidjan") == [""] * 4
    early = session(starts="00:30", ends="02:00")
    assert utc("Europe/Vienna", sessions=[early]) == ["27 January, 23:30–01:00\u00a0UTC"]


NIGHT = session("night", starts="22:00", ends="02:00", overnight=True, items=[
    item("one", "22:00", "23:30", both("One", "Раз")), item("two", "00:30", "02:00", both("Two", "Два"))])


def test_a_night_is_one_day_with_its_hours_in_all_zones() -> None:
    data = agenda_data(event(sessions=[NIGHT]), "en", "Asia/Tashkent")
    assert [line["text"] for line in data["facts"][0]["lines"]] == [
        "Friday, 29 January 2021", "02:00–06:00 (Tashkent, UTC+5)",
        "22:00–02:00 (Vienna, CET, UTC+1), Thursday, 28 January 2021 · "
        "21:00–01:00 UTC, Thursday, 28 January 2021"]
    assert [day["title"] for day in data["days"]] == [""]


def test_an_item_after_midnight_shows_its_date() -> None:
    [shown] = agenda_data(event(sessions=[NIGHT]), "en", "Europe/Vienna")["days"][0]["sessions"]
    assert (shown["hours"], shown["notes"]) == (["22:00–02:00"], [""])
    assert [part["notes"] for part in shown["items"]] == [["90 min"], ["90 min\n29 January"]]
    assert "90 min 29 January" in text_of(agenda_pdf(event(sessions=[NIGHT]), "en", "Europe/Vienna"))


def test_several_days_end_with_the_one_on_which_the_last_night_began() -> None:
    data = agenda_data(event(sessions=[session(), {**NIGHT, "day": 2}]), "en", "Europe/Vienna")
    assert [line["text"] for line in data["facts"][0]["lines"]] == [
        "Thursday, 28 January 2021 – Friday, 29 January 2021"]


def test_lengths_are_time_that_passes() -> None:
    through_the_change = event(date="2021-03-28", sessions=[session(starts="01:00", ends="05:30")])
    [shown] = agenda_data(through_the_change, "en", "Europe/Vienna")["days"][0]["sessions"]
    assert shown["length"] == "3 h 30 min"


def test_sessions_stand_in_order_of_time() -> None:
    turned = event(sessions=SESSIONS[::-1])
    assert [hours[0][:5] for hours in times(agenda_data(turned, "en", "Europe/Vienna"))] == [
        "08:00", "08:30", "10:10", "10:20"]


def test_who_is_not_confirmed_is_marked() -> None:
    said = text_of(agenda_pdf(event(), "en", "Europe/Vienna"))
    assert "Representative of the United Nations Development Programme (to be confirmed)" in said
    assert said.count("to be confirmed") == 1


def test_a_roundtable_is_marked_in_words_unless_its_title_says_so() -> None:
    [day] = agenda_data(event(), "ru", "Europe/Vienna")["days"]
    items = [item for session in day["sessions"] for item in session["items"]]
    assert {item["title"]: item["mark"] for item in items if item["kind"] == "roundtable"} == {
        "Круглый стол № 1": "", "Приоритеты региона": "Круглый стол"}


@pytest.mark.parametrize("written", [
    "#panic() #import \"x\"", "$x^2$", "*bold* _it_ `raw`", "[a] <b> @ref", r"back\slash \u{41}", "// no /* comment */",
    "= no heading", "- no list", "~ -- --- ...", '"quoted" \'single\'', "{page} {0} %s"])
def test_marks_of_typst_come_out_as_they_were_written(written: str) -> None:
    text = both(written, written)
    only = item("i", "08:00", "08:30", text, points=[text], people=[{"name": text, "office": text}])
    odd = event(title=text, summary=text, sessions=[session(title=text, items=[only])])
    assert text_of(agenda_pdf(odd, "en", "Asia/Tashkent")).count(written) >= 6


def test_the_same_agenda_gives_the_same_bytes() -> None:
    first = agenda_pdf(event(), "ru", "Asia/Tashkent")
    typesetting._compiler.cache_clear()
    assert agenda_pdf(event(), "ru", "Asia/Tashkent") == first
    assert agenda_pdf(event(version=4), "ru", "Asia/Tashkent") != first


def test_an_agenda_is_small_enough_to_go_with_every_mail() -> None:
    assert len(agenda_pdf(event(), "ru", "Asia/Tashkent")) < 100_000


def crowded() -> list[dict[str, Any]]:
    """Three sessions of forty items, with titles of every length."""
    return [session(f"s{n}", title=both(f"Session number {n}", "Сессия"), starts=clock(n, 0), ends=clock(n, 40),
                    items=[crowd(n, k) for k in range(40)]) for n in range(3)]


def crowd(n: int, k: int) -> dict[str, Any]:
    title = both(f"Item {n}.{k} " + "of a long story " * (k % 9), "Пункт")
    return item(f"i{k}", clock(n, k), clock(n, k + 1), title, people=[UNDP, MINISTER][:k % 3])


def clock(session: int, item: int) -> str:
    """Items last five minutes; a session begins every four hours."""
    hours, minutes = divmod(8 * 60 + session * 240 + item * 5, 60)
    return f"{hours:02}:{minutes:02}"


def test_no_page_ends_with_a_session_that_has_nothing_below_it() -> None:
    pages = [page.extract_text() for page in read(agenda_pdf(event(sessions=crowded()), "en", "Asia/Tashkent")).pages]
    assert all("Item" in page[page.rindex("Session number"):] for page in pages)
    assert sum(text.count("Item ") for text in pages) == 120


def test_the_bands_repeated_on_following_pages_are_no_second_bookmarks() -> None:
    assert len(bookmarks(read(agenda_pdf(event(sessions=crowded()), "en", "Asia/Tashkent")).outline)) == 4


def test_titles_of_three_hundred_characters_and_words_without_end_still_fit() -> None:
    wide = event(title=both("Long " * 60, "Длинно " * 42), sessions=[session(title=both("W" * 200, "Ш" * 200))])
    assert len(read(agenda_pdf(wide, "ru", "Asia/Tashkent")).pages) <= 2


def test_emoji_are_left_out_because_the_font_has_none() -> None:
    said = text_of(agenda_pdf(event(title=both("Welcome 🎉 all ☀️", "Х")), "en", "Europe/Vienna"))
    assert "Welcome all" in said


def test_letters_that_the_font_lacks_cost_the_claim_of_pdf_ua_and_not_the_agenda() -> None:
    pdf = read(agenda_pdf(event(title=both("会议", "Х")), "en", "Europe/Vienna"))
    root: Any = pdf.trailer["/Root"]
    assert "/Metadata" not in root or b"pdfuaid" not in root["/Metadata"].get_data()
    assert root["/MarkInfo"]["/Marked"]


@pytest.mark.parametrize("accent", ["#ffd400", "#ffffff", "#1a4f8b", "#000000"])
def test_the_accent_can_be_read_on_paper_whatever_the_organiser_chose(accent: str) -> None:
    assert contrast(agenda_data(event(accent=accent), "en", "Europe/Vienna")["accent"], "#ffffff") >= 4.5


def test_a_language_without_a_catalogue_has_its_own_titles_and_english_words() -> None:
    data = agenda_data(event(title={"en": "Symposium", "fr": "Colloque"}), "fr", "Europe/Vienna")
    assert (data["title"], data["kind"], data["language"]) == ("Colloque", "Agenda", "fr")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_concept_notes_kept_in_the_project_are_one_page_and_what_their_sources_give(language: str) -> None:
    import typst

    kept = (EXAMPLE / f"concept-note.{language}.pdf").read_bytes()
    made = typst.compile(str(EXAMPLE / f"concept-note.{language}.typ"), root=str(ROOT), ignore_system_fonts=True,
                         pdf_standards=["ua-1"])
    assert text_of(kept) == text_of(bytes(made))
    assert len(read(kept).pages) == 1
    assert len(kept) <= 60_000


def test_a_title_that_is_only_a_picture_still_gives_an_agenda() -> None:
    pictured = event(title={"en": "🎤", "ru": "🎤"})
    assert agenda_data(pictured, "en", "Europe/Vienna")["title"] == "–"
    assert agenda_pdf(pictured, "en", "Europe/Vienna").startswith(b"%PDF-")


@pytest.mark.parametrize("invisible", ["\u200b", "\u00ad", "\ufeff", "\u00a0", "\ue000"])
def test_a_title_that_pdf_ua_forbids_costs_the_claim_and_not_the_agenda(invisible: str) -> None:
    pdf = agenda_pdf(event(sessions=[session(title=both(invisible, invisible))]), "en", "Europe/Vienna")
    assert "08:00–08:30" in text_of(pdf)
    assert b"pdfuaid" not in pdf


def test_a_template_that_fails_is_no_question_of_pdf_ua(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import typst

    (tmp_path / "agenda.typ").write_text("#panic()")
    monkeypatch.setattr(typesetting, "_compiler", lambda: typst.Compiler(str(tmp_path / "agenda.typ")))
    with pytest.raises(typst.TypstError, match="panic"):
        agenda_pdf(event(), "en", "Europe/Vienna")
