"""Reports as Zoom and Teams write them, in the forms that they have had, of a session from 08:30 to 10:10 in Vienna."""

import codecs

ZOOM_USAGE = """\ufeffMeeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants
"812 3456 7890","Symposium, day 1",01/28/2021 08:02:11 AM,01/28/2021 12:05:40 AM,host@symposium.example.org,243,5

Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest
Clara Weiss (Clara),Clara@Example.org,01/28/2021 08:25:00 AM,01/28/2021 08:50:30 AM,26,Yes
Clara Weiss (Clara),clara@example.org,01/28/2021 09:00:00 AM,01/28/2021 10:20:00 AM,80,Yes
"Boris, Tashkent",,01/28/2021 08:31:00 AM,01/28/2021 10:00:00 AM,89,Yes
"""
"""Reports > Usage > Participants, exported "with meeting data"; the account's language is English (US)."""

ZOOM_HISTORY = """Name (original name),Email,Join time,Leave time,Duration (minutes),Guest,In waiting room
Clara,clara@example.org,28/01/2021 08:29:50,28/01/2021 08:30:20,1,Yes,Yes
Clara,clara@example.org,28/01/2021 08:30:20,28/01/2021 10:10:00,100,Yes,No
"""
"""Meeting and webinar history; English (UK)."""

ZOOM_RUSSIAN = """Имя (настоящее имя);Электронная почта;Время входа;Время выхода;Продолжительность (минуты);Гость
Клара;clara@example.org;28.01.2021 08:30:00;28.01.2021 09:30:00;60;Да
"""
"""Opened and saved again by a Russian Excel, which separates by semicolons."""

TEAMS = """1. Summary
Meeting title\tSymposium; day 1, "Migration"
Attended participants\t3
Start time\t1/28/21, 8:02:11 AM
End time\t1/28/21, 12:05:40 PM
Meeting duration\t4h 3m 29s
Average attendance time\t1h 1m

2. Participants
Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole
Clara Weiss\t1/28/21, 8:20:00 AM\t1/28/21, 10:20:00 AM\t1h 40m\tclara@example.org\tcweiss@tenant.example\tPresenter
Boris (Unverified)\t1/28/21, 8:40:00\u202fAM\t1/28/21, 9:00:00\u202fAM\t20m\t\t\tAttendee
Anna\t1/28/21, 8:30:00 AM\t1/28/21, 9:00:00 AM\t30m\t\tanna@example.org\tAttendee

3. In-Meeting Activities
Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole
Clara Weiss\t1/28/21, 8:20:00 AM\t1/28/21, 9:00:00 AM\t40m\tclara@example.org\tPresenter
Clara Weiss\t1/28/21, 9:20:00 AM\t1/28/21, 10:20:00 AM\t1h\tclara@example.org\tPresenter
Boris (Unverified)\t1/28/21, 8:40:00\u202fAM\t1/28/21, 9:00:00\u202fAM\t20m\t\tAttendee
Anna\t1/28/21, 8:30:00 AM\t1/28/21, 9:00:00 AM\t30m\t\tAttendee
"""
"""The attendance report since 2022; English (US), whose newer times have a narrow space before AM."""

TEAMS_GERMAN = """1. Zusammenfassung
Besprechungstitel\tSymposium

2. Teilnehmer
Name\tErster Beitritt\tLetztes Verlassen\tDauer der Besprechung\tE-Mail\tTeilnehmer-ID (UPN)\tRolle
Clara Weiß\t28.01.21, 08:35:00\t28.01.21, 09:35:00\t60 Min.\tclara@example.org\tclara@example.org\tTeilnehmer
"""

TEAMS_2021 = """Meeting Summary
Total Number of Participants\t1
Meeting Title\tSymposium
Meeting Start Time\t28/01/2021, 08:02:11

Full Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole\tParticipant ID (UPN)
Clara Weiss\t28/01/2021, 08:30:00\t28/01/2021, 08:45:00\t15m\tclara@example.org\tAttendee\tclara@example.org
Clara Weiss\t28/01/2021, 09:00:00\t28/01/2021, 09:15:00\t15m\tclara@example.org\tAttendee\tclara@example.org
"""


def utf16(text: str) -> bytes:
    """As Teams writes it: little endian, with its mark, CRLF."""
    return codecs.BOM_UTF16_LE + text.replace("\n", "\r\n").encode("utf-16-le")
