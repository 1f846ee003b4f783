"""Answers as four programs mail them: written by hand after what they send, with the words of one person.

google      mixed(alternative(plain, html, calendar), invite.ics in base64); Sender is Google, Auto-Submitted
exchange    alternative(plain, html, calendar in base64); no ORGANIZER, a zone by Windows' name, a comment without words
apple       alternative(plain, calendar in quoted-printable); the attendee by a path, and the address in EMAIL
thunderbird mixed(alternative(plain, calendar in 8 bit), invite.ics), method before charset
"""

from base64 import encodebytes
from datetime import UTC, datetime
from email.message import EmailMessage
from quopri import encodestring

import icalendar

PROGRAMS = ("google", "exchange", "apple", "thunderbird")

TO = "answers@symposium.example.org"


def answered(
    entry: bytes, partstat: str, at: datetime, *, uid: str = "", method: str = "REPLY", attendee: str = "",
    sequence: int | None = None, comment: str = "",
) -> str:  # fmt: skip
    """The answer to one entry of the calendar objects that we mailed, made by RFC 5546, 3.2.3: UID, SEQUENCE, ORGANIZER
    and one ATTENDEE, and a DTSTAMP of its own.
    """
    entries = [one for each in icalendar.Calendar.from_ical(entry, multiple=True) for one in each.walk("VEVENT")]
    asked = next(one for one in entries if uid in ("", str(one["UID"])))
    who = attendee or str(asked["ATTENDEE"])
    lines = [
        "BEGIN:VCALENDAR", "PRODID:-//Somebody//Calendar//EN", "VERSION:2.0", f"METHOD:{method}", "BEGIN:VEVENT",
        f"UID:{asked['UID']}", f"ORGANIZER:{asked['ORGANIZER']}", f"ATTENDEE;PARTSTAT={partstat}:{who}",
        f"DTSTAMP:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"SEQUENCE:{asked['SEQUENCE'] if sequence is None else sequence}",
        *([f"COMMENT:{comment}"] if comment else []), "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(lines)


def mailed(calendar: str, sender: str, *, method: str = "REPLY", to: str = TO) -> bytes:
    """An answer in the plainest mail that holds one."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, "Answer"
    mail.set_content("I answered.")
    mail.add_alternative(calendar, subtype="calendar", params={"method": method})
    return mail.as_bytes()


def written(program: str, uid: str, sender: str, partstat: str, at: datetime, sequence: int = 1) -> bytes:
    """What this program mails."""
    stamp = f"{at:%Y%m%dT%H%M%SZ}"
    return {"google": _google, "exchange": _exchange, "apple": _apple, "thunderbird": _thunderbird}[program](
        uid, sender, partstat, stamp, sequence
    )


def _google(uid: str, sender: str, partstat: str, stamp: str, sequence: int) -> bytes:
    calendar = f"""BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:REPLY
BEGIN:VEVENT
DTSTART:20210128T073000Z
DTEND:20210128T091000Z
DTSTAMP:{stamp}
ORGANIZER;CN=Secretariat:mailto:{TO}
UID:{uid}
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={partstat};CN=Clara
  Weiss;X-NUM-GUESTS=0:mailto:{sender}
CLASS:PRIVATE
CREATED:20210113T090000Z
DESCRIPTION:Первая сессия\\n
LAST-MODIFIED:{stamp}
LOCATION:Zoom
SEQUENCE:{sequence}
STATUS:CONFIRMED
SUMMARY:First
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
"""
    return _crlf(f"""MIME-Version: 1.0
Reply-To: Clara Weiss <{sender}>
Sender: Google Calendar <calendar-notification@google.com>
Auto-Submitted: auto-generated
Message-ID: <calendar-0d1c1a2e-4f1b-4f60-8f0c-000000000000@google.com>
Date: Thu, 14 Jan 2021 09:00:00 +0000
Subject: {partstat.title()}: First @ Thu 28 Jan 2021 8:30am - 10:10am (CET) (Secretariat)
From: Clara Weiss <{sender}>
To: {TO}
Content-Type: multipart/mixed; boundary="000000000000a1b2c305b8d4e6f7"

--000000000000a1b2c305b8d4e6f7
Content-Type: multipart/alternative; boundary="000000000000a1b2c105b8d4e6f5"

--000000000000a1b2c105b8d4e6f5
Content-Type: text/plain; charset="UTF-8"; format=flowed; delsp=yes
Content-Transfer-Encoding: base64

{encodebytes(b"Clara Weiss hat geantwortet").decode()}
--000000000000a1b2c105b8d4e6f5
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

<p>Clara Weiss</p>
--000000000000a1b2c105b8d4e6f5
Content-Type: text/calendar; charset="UTF-8"; method=REPLY
Content-Transfer-Encoding: 7bit

""") + calendar.replace("\n", "\r\n").encode() + _crlf(f"""
--000000000000a1b2c105b8d4e6f5--
--000000000000a1b2c305b8d4e6f7
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"
Content-Transfer-Encoding: base64

{encodebytes(calendar.replace(chr(10), chr(13) + chr(10)).encode()).decode()}
--000000000000a1b2c305b8d4e6f7--
""")


def _exchange(uid: str, sender: str, partstat: str, stamp: str, sequence: int) -> bytes:
    calendar = f"""BEGIN:VCALENDAR
METHOD:REPLY
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
ATTENDEE;PARTSTAT={partstat};CN=Weiss, Clara:mailto:{sender.upper()}
COMMENT;LANGUAGE=de-DE:\\n
UID:{uid}
SUMMARY;LANGUAGE=de-DE:Zugesagt: Erste Sitzung · Симпозиум
DTSTART;TZID=W. Europe Standard Time:20210128T083000
DTEND;TZID=W. Europe Standard Time:20210128T101000
CLASS:PRIVATE
PRIORITY:5
DTSTAMP:{stamp}
TRANSP:OPAQUE
STATUS:CONFIRMED
SEQUENCE:{sequence}
LOCATION;LANGUAGE=de-DE:Zoom
X-MICROSOFT-CDO-APPT-SEQUENCE:{sequence}
X-MICROSOFT-CDO-OWNERAPPTID:0
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY
X-MICROSOFT-CDO-ALLDAYEVENT:FALSE
X-MICROSOFT-CDO-IMPORTANCE:1
X-MICROSOFT-CDO-INSTTYPE:0
X-MICROSOFT-DISALLOW-COUNTER:FALSE
END:VEVENT
END:VCALENDAR
""".replace("Weiss, Clara", '"Weiss, Clara"')
    return _crlf(f"""From: "Weiss, Clara" <{sender}>
To: Secretariat <{TO}>
Subject: =?utf-8?B?WnVnZXNhZ3Q6IEVyc3RlIFNpdHp1bmc=?=
Thread-Topic: Erste Sitzung
Date: Thu, 14 Jan 2021 09:00:00 +0000
Message-ID: <AM0PR01MB0000@AM0PR01MB0000.eurprd01.prod.exchangelabs.com>
Accept-Language: de-DE, en-US
Content-Language: de-DE
X-MS-Has-Attach:
Content-Type: multipart/alternative;
	boundary="_000_AM0PR01MB0000eurprd01prod_"
MIME-Version: 1.0

--_000_AM0PR01MB0000eurprd01prod_
Content-Type: text/plain; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

Ich sage f=FCr diese Sitzung Bescheid.

--_000_AM0PR01MB0000eurprd01prod_
Content-Type: text/html; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

<html><body></body></html>

--_000_AM0PR01MB0000eurprd01prod_
Content-Type: text/calendar; charset="utf-8"; method=REPLY
Content-Transfer-Encoding: base64

{encodebytes(calendar.replace(chr(10), chr(13) + chr(10)).encode()).decode()}
--_000_AM0PR01MB0000eurprd01prod_--
""")


def _apple(uid: str, sender: str, partstat: str, stamp: str, sequence: int) -> bytes:
    calendar = f"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Apple Inc.//Mac OS X 10.15.7//EN
CALSCALE:GREGORIAN
METHOD:REPLY
BEGIN:VEVENT
UID:{uid}
DTSTAMP:{stamp}
DTSTART;TZID=Europe/Vienna:20210128T083000
DTEND;TZID=Europe/Vienna:20210128T101000
SUMMARY:Первая · Симпозиум по миграции
SEQUENCE:{sequence}
ORGANIZER;CN="Secretariat":mailto:{TO}
ATTENDEE;CN="Clara Weiss";CUTYPE=INDIVIDUAL;EMAIL="{sender}";PARTSTAT={partstat};ROLE=
 REQ-PARTICIPANT:/1234567890/principal/
CREATED:20210113T090000Z
X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")
    return _crlf(f"""From: Clara Weiss <{sender}>
Content-Type: multipart/alternative; boundary="Apple-Mail=_0B9E3C6A-0000-0000-0000-000000000000"
Mime-Version: 1.0 (Mac OS X Mail 13.4 \\(3608.120.23.2.4\\))
Subject: Re: First
Message-Id: <0B9E3C6A-0000-0000-0000-000000000001@example.org>
Date: Thu, 14 Jan 2021 10:00:00 +0100
To: {TO}
X-Mailer: Apple Mail (2.3608.120.23.2.4)

--Apple-Mail=_0B9E3C6A-0000-0000-0000-000000000000
Content-Transfer-Encoding: 7bit
Content-Type: text/plain;
	charset=us-ascii

Clara Weiss answered.

--Apple-Mail=_0B9E3C6A-0000-0000-0000-000000000000
Content-Transfer-Encoding: quoted-printable
Content-Type: text/calendar;
	charset=utf-8;
	name=iCal-20210114-100000.ics;
	method=REPLY

""") + encodestring(calendar.encode()) + _crlf("""
--Apple-Mail=_0B9E3C6A-0000-0000-0000-000000000000--
""")


def _thunderbird(uid: str, sender: str, partstat: str, stamp: str, sequence: int) -> bytes:
    calendar = f"""BEGIN:VCALENDAR
PRODID:-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
CREATED:20210113T090000Z
LAST-MODIFIED:{stamp}
DTSTAMP:{stamp}
UID:{uid}
SUMMARY:Первая
PRIORITY:5
STATUS:CONFIRMED
ORGANIZER;CN=Secretariat:mailto:{TO}
ATTENDEE;CN=Clara Weiss;PARTSTAT={partstat};ROLE=REQ-PARTICIPANT;CUTYPE=INDIVID
 UAL:mailto:{sender}
DTSTART;TZID=Europe/Vienna:20210128T083000
DTEND;TZID=Europe/Vienna:20210128T101000
SEQUENCE:{sequence}
X-MOZ-RECEIVED-SEQUENCE:{sequence}
END:VEVENT
END:VCALENDAR
"""
    return _crlf(f"""Message-ID: <b1946ac9-0000-0000-0000-000000000000@example.org>
Date: Thu, 14 Jan 2021 10:00:00 +0100
From: Clara Weiss <{sender}>
User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:78.0) Gecko/20100101 Thunderbird/78.6.1
MIME-Version: 1.0
To: {TO}
Subject: Event Invitation Reply: First
Content-type: multipart/mixed; boundary="Boundary_(ID_outer)"


--Boundary_(ID_outer)
Content-type: multipart/alternative;
 boundary="Boundary_(ID_inner)"


--Boundary_(ID_inner)
Content-type: text/plain; charset=UTF-8
Content-transfer-encoding: 8BIT

Clara Weiss answered.


--Boundary_(ID_inner)
Content-type: text/calendar; method=REPLY; charset=UTF-8
Content-transfer-encoding: 8BIT

{calendar}

--Boundary_(ID_inner)--

--Boundary_(ID_outer)
Content-type: application/ics; name=invite.ics
Content-transfer-encoding: 8BIT
Content-disposition: attachment; filename=invite.ics

{calendar}

--Boundary_(ID_outer)--
""")


def _crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()
