"""Personal links: the same for a person in every mail, good for nobody else and nothing else."""

import re
from itertools import permutations

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from chalicelib.adapters.links import LETTERS, Links, Purpose, keys_from_secret
from tests.shelf import ADDRESS_KEY, BASE, KEYS, REGION, person

CLARA = person("clara")


def other_keys(**keys: str) -> Links:
    return Links(lambda: keys, BASE, lambda: ADDRESS_KEY)


def test_a_link_verifies_for_its_person_and_is_the_same_each_time(links: Links) -> None:
    token = links.token(CLARA)
    assert links.verifies(token, CLARA)
    assert token == links.token(CLARA)
    assert links.claimed_invitee(token) == CLARA.id


def test_a_link_carries_128_bits_or_more_of_mac(links: Links) -> None:
    mac = links.token(CLARA).rpartition(".")[2]
    assert len(mac) * 6 >= 128


@pytest.mark.parametrize("letter, purpose", [("i", "page"), ("u", "unsubscribe"), ("c", "feed"), ("j", "join"),
                                             ("f", "feed-join")])
def test_the_address_names_the_purpose_and_needs_no_escaping(links: Links, letter: str, purpose: str) -> None:
    url = links.url(CLARA, purpose, "/calendar.ics")  # type: ignore[arg-type]
    assert re.fullmatch(rf"{re.escape(BASE)}/{letter}/[A-Za-z0-9._-]+/calendar\.ics", url)


@pytest.mark.parametrize("made, asked", [*permutations(LETTERS, 2)])
def test_a_link_for_one_purpose_is_no_good_for_another(links: Links, made: Purpose, asked: Purpose) -> None:
    assert links.verifies(links.token(CLARA, made), CLARA, made)
    assert not links.verifies(links.token(CLARA, made), CLARA, asked)


def test_raising_a_persons_generation_revokes_that_persons_links_only(links: Links) -> None:
    boris = person("boris")
    revoked = CLARA.model_copy(update={"generation": 2})
    assert not links.verifies(links.token(CLARA), revoked)
    assert links.verifies(links.token(revoked), revoked)
    assert links.verifies(links.token(boris), boris)


def test_the_feed_is_revoked_by_a_generation_of_its_own(links: Links) -> None:
    feed, page = links.token(CLARA, "feed"), links.token(CLARA)
    moved = CLARA.model_copy(update={"feed": 1})
    assert links.verifies(page, moved) and not links.verifies(feed, moved, "feed")
    assert links.verifies(feed, CLARA.model_copy(update={"generation": 2}), "feed")
    assert not links.verifies(feed, CLARA) and not links.verifies(page, CLARA, "feed")


def test_a_link_to_join_in_the_feed_is_revoked_with_the_links_and_with_the_feed_and_one_in_a_mail_with_the_links(
    links: Links,
) -> None:
    feed, mail = links.token(CLARA, "feed-join"), links.token(CLARA, "join")
    elsewhere, replaced = (CLARA.model_copy(update=said) for said in ({"feed": 1}, {"generation": 2}))
    assert not links.verifies(feed, elsewhere, "feed-join") and not links.verifies(feed, replaced, "feed-join")
    assert links.verifies(mail, elsewhere, "join") and not links.verifies(mail, replaced, "join")
    eleventh, other = (CLARA.model_copy(update=said) for said in ({"generation": 11, "feed": 1}, {"feed": 11}))
    assert links.token(eleventh, "feed-join") != links.token(other, "feed-join"), "1.11 is not 11.1"


def test_the_mac_of_one_person_is_no_good_for_another(links: Links) -> None:
    boris = person("boris")
    forged = links.token(boris).replace(boris.id, CLARA.id)
    assert not links.verifies(forged, CLARA)
    assert not links.verifies(links.token(boris), CLARA)


@settings(deadline=None)
@given(st.data())
def test_a_link_with_any_character_changed_does_not_verify(data: st.DataObject) -> None:
    links = Links(lambda: KEYS, BASE, lambda: ADDRESS_KEY)
    token = links.token(CLARA)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda character: character != token[at]))
    altered = token[:at] + other + token[at + 1 :]
    assert not links.verifies(altered, CLARA)


@settings(deadline=None)
@given(st.text() | st.from_regex(r"[a-z0-9]{16,40}\.[A-Za-z0-9]{1,8}\.[A-Za-z0-9_-]{27}"))
def test_what_was_not_made_here_does_not_verify_and_never_raises(token: str) -> None:
    links = Links(lambda: KEYS, BASE, lambda: ADDRESS_KEY)
    links.claimed_invitee(token)
    assert not links.verifies(token, CLARA)


def test_the_word_current_is_no_key(links: Links) -> None:
    forged = other_keys(current="current1", current1="1").token(CLARA)
    assert not links.verifies(forged.replace("current1", "current"), CLARA)


def test_after_a_new_key_old_links_still_verify_and_new_ones_use_it(links: Links) -> None:
    rotated = other_keys(**{**KEYS, "2": "the second key", "current": "2"})
    assert rotated.verifies(links.token(CLARA), CLARA)
    assert rotated.token(CLARA).split(".")[1] == "2"
    assert not links.verifies(rotated.token(CLARA), CLARA)


def test_an_address_hash_has_a_key_of_its_own_that_stays_when_the_keys_of_the_links_change(links: Links) -> None:
    rotated = Links(lambda: {"current": "0", "0": "nothing of the old keys"}, BASE, lambda: ADDRESS_KEY)
    assert rotated.address_hash("a@example.org") == links.address_hash("a@example.org")
    elsewhere = Links(lambda: KEYS, BASE, lambda: "the key of another deployment")
    assert elsewhere.address_hash("a@example.org") != links.address_hash("a@example.org")
    assert links.address_hash("b@example.org") != links.address_hash("a@example.org")


def test_a_key_that_is_new_meanwhile_is_fetched_and_one_that_is_made_up_asks_once_a_minute(links: Links) -> None:
    stored, loads, now = dict(KEYS), list[float](), 1000.0

    def load() -> dict[str, str]:
        loads.append(now)
        return dict(stored)

    reading = Links(load, BASE, lambda: ADDRESS_KEY, lambda: now)
    assert reading.verifies(links.token(CLARA), CLARA)
    stored |= {"current": "2", "2": "the second key"}
    new = other_keys(**stored).token(CLARA)
    assert not reading.verifies(new, CLARA)
    now += 60
    assert reading.verifies(new, CLARA)
    assert reading.verifies(links.token(CLARA), CLARA)
    for _ in range(10):
        assert not reading.verifies(new.replace(".2.", ".3."), CLARA)
    assert loads == [1000, 1060]


def test_while_the_keys_cannot_be_fetched_those_that_are_known_stay_good(links: Links) -> None:
    now, answers = 0.0, iter([KEYS])
    reading = Links(lambda: next(answers), BASE, lambda: ADDRESS_KEY, lambda: now)
    assert reading.verifies(links.token(CLARA), CLARA)
    now += 60
    with pytest.raises(StopIteration):
        reading.verifies(links.token(CLARA).replace(".1.", ".3."), CLARA)
    assert reading.verifies(links.token(CLARA), CLARA)


def test_the_keys_are_read_from_secrets_manager_once_and_only_when_needed() -> None:
    with mock_aws():
        manager = boto3.client("secretsmanager", region_name=REGION)
        loads = []

        def load() -> dict[str, str]:
            loads.append(1)
            return keys_from_secret(manager, "link-keys")

        links = Links(load, BASE, lambda: ADDRESS_KEY)
        assert not loads
        manager.create_secret(Name="link-keys", SecretString='{"current": "1", "1": "the first key of the tests"}')
        assert links.token(CLARA) == Links(lambda: KEYS, BASE, lambda: ADDRESS_KEY).token(CLARA)
        assert links.verifies(links.token(CLARA), CLARA)
        assert loads == [1]
