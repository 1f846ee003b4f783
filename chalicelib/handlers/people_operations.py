"""The calls of the organisers' API about people: who is invited, what they answered, handed in and attended."""

from chalicelib.domain.erasure import Erased
from chalicelib.handlers import attendance_representations as attendance_out
from chalicelib.handlers import contribution_representations as contribution_out
from chalicelib.handlers import inbound_representations as inbound_out
from chalicelib.handlers import list_representations as list_out
from chalicelib.handlers import people_representations as people_out
from chalicelib.handlers import places_representations as places_out
from chalicelib.handlers import representations as out
from chalicelib.handlers.operation import DRY_RUN, REPORT_ZONE, Operation
from chalicelib.handlers.organisers import SHEETS
from chalicelib.usecases.answer_on_behalf import Paper
from chalicelib.usecases.import_attendance import AttendanceImport
from chalicelib.usecases.import_invitees import ImportReport

PEOPLE = (
    Operation(
        "/api/events/{event}/invitees",
        "post",
        "Add or update people; the report answers for each row",
        ImportReport,
        takes=list_out.InviteeRow,
        takes_list=True,
        takes_also=SHEETS,
        query=(DRY_RUN,),
        problems=(404, 422),
    ),
    Operation(
        "/api/events/{event}/lists",
        "post",
        "Say where to upload a list of up to 100,000 rows",
        list_out.ListOffer,
        201,
        takes=list_out.ListIn,
        problems=(404, 422),
    ),
    Operation("/api/events/{event}/lists", "get", "The uploaded lists", list_out.ListList),
    Operation(
        "/api/events/{event}/lists/{listed}",
        "get",
        "How far a list is imported, what became of its rows, and which ones to look at",
        list_out.ListOut,
    ),
    Operation(
        "/api/events/{event}/lists/{listed}/import",
        "post",
        "Import an uploaded list; a second call changes nothing",
        list_out.ListLine,
        202,
        query=(DRY_RUN,),
        problems=(404, 409, 422),
    ),
    Operation(
        "/api/events/{event}/invitees",
        "get",
        "People, a page at a time",
        people_out.InviteePage,
        query=(
            ("status", "no-answer, accepted, declined or tentative"),
            ("category", "a category of the event"),
            ("language", "a language code"),
            ("suppressed", "true: those whose address gets no mail; false: the others"),
            ("limit", "1 to 1000, default 100"),
            ("cursor", "from the page before"),
        ),
        problems=(404, 422),
    ),
    Operation("/api/events/{event}/invitees/{invitee}", "get", "A person's whole file", people_out.PersonOut),
    Operation(
        "/api/events/{event}/invitees/{invitee}/suppression/lift",
        "post",
        "Let mail go to a person's address again",
        people_out.Lifted,
        takes=people_out.LiftIn,
        problems=(404, 409, 422),
    ),
    Operation(
        "/api/events/{event}/invitees/{invitee}/address",
        "post",
        "Give a person another address and revoke the links they have",
        people_out.InviteeOut,
        takes=people_out.AddressIn,
        problems=(404, 409, 422),
    ),
    Operation(
        "/api/events/{event}/invitees/{invitee}/erase",
        "post",
        "Erase a person who asks for it: nothing of them is left but a number, and no list invites them again",
        Erased,
        takes=people_out.EraseIn,
        problems=(404, 409, 422),
    ),
    Operation(
        "/api/events/{event}/erased/lift",
        "post",
        "Let an address that was erased be invited again",
        Erased,
        takes=people_out.LiftErasureIn,
        problems=(404, 409, 422),
    ),
    Operation("/api/events/{event}/erased", "get", "How many people were erased, and how they had answered", Erased),
    Operation(
        "/api/events/{event}/invitees/{invitee}/answer",
        "post",
        "Enter an answer that came on paper, on behalf of a person",
        places_out.Decided,
        takes=Paper,
        problems=(404, 409, 422),
    ),
    Operation("/api/events/{event}/places", "get", "Places, how many are taken, and who waits", places_out.PlacesOut),
    Operation(
        "/api/events/{event}/invitees/{invitee}/request/approve",
        "post",
        "Approve a registration: the person is registered, or waits while it is full",
        places_out.Decided,
        takes=places_out.ApproveRequestIn,
        problems=(404, 409, 422),
    ),
    Operation(
        "/api/events/{event}/invitees/{invitee}/request/refuse",
        "post",
        "Refuse a registration that waits for approval; the reason stands in the mail to the person",
        places_out.Decided,
        takes=places_out.RefuseRequestIn,
        problems=(404, 409, 422),
    ),
    Operation(
        "/api/events/{event}/inbound",
        "get",
        "Mail to the event's own address that was no answer of a calendar, or could not be applied: newest first",
        inbound_out.InboundPage,
        query=(
            ("why", "only those filed for this reason"),
            ("limit", "1 to 1000, default 100"),
            ("cursor", "from the page before"),
        ),
        problems=(404, 422),
    ),
    Operation(
        "/api/events/{event}/inbound/{inbound}",
        "get",
        "One such mail: its text, and an address that saves it",
        inbound_out.InboundMail,
    ),
    Operation(
        "/api/events/{event}/registrations",
        "get",
        "Who is registered",
        out.RegistrationList,
        answers_also=("text/csv",),
    ),
    Operation(
        "/api/events/{event}/attendance",
        "get",
        "Who attended which session",
        attendance_out.AttendanceList,
        answers_also=("text/csv",),
        query=(("session", "a session of the agenda"),),
        problems=(404, 422),
    ),
    Operation(
        "/api/events/{event}/attendance/{session}",
        "post",
        "Add a report of Zoom or Teams to the attendance of a session; the same report again changes nothing",
        AttendanceImport,
        takes_also=SHEETS,
        query=(DRY_RUN, REPORT_ZONE),
        problems=(404, 409, 422),
    ),
    Operation(
        "/api/events/{event}/attendance/{session}",
        "put",
        "Put a report of Zoom or Teams in the place of those that were imported for a session",
        AttendanceImport,
        takes_also=SHEETS,
        query=(DRY_RUN, REPORT_ZONE),
        problems=(404, 409, 422),
    ),
    Operation(
        "/api/events/{event}/contributions",
        "get",
        "Who has handed in what the event asks for and who has not, a page of people at a time; as CSV all of them",
        contribution_out.ContributionPage,
        answers_also=("text/csv",),
        query=(
            ("contribution", "one that the event asks for"),
            ("category", "a category of the event"),
            ("state", "handed-in or missing"),
            ("limit", "people, 1 to 1000, default 100"),
            ("cursor", "from the page before"),
        ),
        problems=(404, 422),
    ),
    Operation(
        "/api/events/{event}/invitees/{invitee}/contributions/{contribution}/open",
        "post",
        "Open what a person handed in: the text, or an address that saves the file; the audit log says so",
        contribution_out.OpenedOut,
    ),
    Operation(
        "/api/events/{event}/invitees/{invitee}/answers/{question}/open",
        "post",
        "Open the file that answers a question of the form: an address that saves it; the audit log says so",
        contribution_out.OpenedAnswerOut,
    ),
)
