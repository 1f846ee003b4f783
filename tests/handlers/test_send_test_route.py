"""The call that test-sends a batch."""

import pytest

from tests.handlers.conftest import Web
from tests.usecases.steps import work_off

pytestmark = pytest.mark.filterwarnings("ignore:CognitoUserPoolAuthorizer")


def test_a_test_answers_202_with_where_it_goes_and_mails_nobody_else(web: Web) -> None:
    web.shelf.publish()
    web.shelf.invite("clara")
    batch = web.api("POST", "/symposium/batches", {"kind": "invitation"}, idempotency_key="k").json_body["batch"]
    answered = web.api("POST", f"/symposium/batches/{batch}/test")
    assert answered.status_code == 202
    said = {"sent_to": "secretariat@symposium.example.org", "languages": ["en", "ru"], "mails": 2}
    assert answered.json_body == said
    work_off(web.shelf)
    assert web.shelf.recipients() == [said["sent_to"]] * 2


def test_a_batch_that_is_not_there_is_404_and_a_cancelled_one_409(web: Web) -> None:
    web.shelf.publish()
    assert web.api("POST", "/symposium/batches/x/test").status_code == 404
    batch = web.api("POST", "/symposium/batches", {"kind": "invitation"}, idempotency_key="k").json_body["batch"]
    assert web.api("POST", f"/symposium/batches/{batch}/cancel").status_code == 200
    refused = web.api("POST", f"/symposium/batches/{batch}/test")
    assert refused.status_code == 409
    assert refused.json_body["detail"] == "The batch is cancelled. Start a new one and test that."
