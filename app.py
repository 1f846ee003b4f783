"""Assembles the Chalice app from its blueprints."""

from chalice import Chalice

from chalicelib.handlers import clock, deliver, desk, invitees, organisers, ses_events, typeset
from chalicelib.handlers.problems import refusing_in_our_words
from chalicelib.handlers.requests import accepting_anything

app = Chalice(app_name="convoke")
app.api.binary_types = ["*/*"]
app.register_middleware(accepting_anything, "http")
app.register_middleware(refusing_in_our_words, "http")
for room in (organisers, invitees, deliver, clock, desk, ses_events, typeset):
    app.register_blueprint(room.blueprint)
