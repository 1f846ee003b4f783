"""Assembles the Chalice app from its blueprints."""

from chalice import Chalice

from chalicelib.handlers import (
    calendar_feed,
    clock,
    contributions,
    delegation,
    deliver,
    desk,
    form_files,
    inbound_mail,
    invitees,
    join,
    mailing,
    organisers,
    own_data,
    ses_events,
    typeset,
    visit,
)
from chalicelib.handlers.problems import refusing_in_our_words
from chalicelib.handlers.requests import accepting_anything

app = Chalice(app_name="convoke")
app.api.binary_types = ["*/*"]
app.register_middleware(accepting_anything, "http")
app.register_middleware(refusing_in_our_words, "http")
PAGES = (invitees, calendar_feed, delegation, mailing, contributions, form_files, own_data, join)
"""The rooms that put their routes on the blueprint of visits."""

for room in (organisers, visit, deliver, clock, desk, ses_events, inbound_mail, typeset):
    app.register_blueprint(room.blueprint)
