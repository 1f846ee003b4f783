import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.address import address_key, normalise, spelled, undeliverable


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("a.karimov@ministry.example", "a.karimov@ministry.example"),
        ("A.Karimov@Ministry.EXAMPLE", "A.Karimov@ministry.example"),
        (" a.karimov@ministry.example\u00a0\u200b", "a.karimov@ministry.example"),
        ("mailto:a@ministry.example", "a@ministry.example"),
        ("Aziz Karimov <a@ministry.example>", "a@ministry.example"),
        ('"Karimov, Aziz" <MAILTO:a@ministry.example>;', "a@ministry.example"),
        ("<a@ministry.example>,", "a@ministry.example"),
        ("s.o'dwyer+list@example.org", "s.o'dwyer+list@example.org"),
        ("info@миграция.example", "info@xn--80afocq0a7b8d.example"),
        ("info@МИГРАЦИЯ.example", "info@xn--80afocq0a7b8d.example"),
        ("info@bücher。example", "info@xn--bcher-kva.example"),
    ],
)
def test_an_address_has_one_spelling(typed: str, address: str) -> None:
    assert normalise(typed) == address


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Write an address"),
        ("mailto:", "Write an address"),
        ("ministry.example", "is not one address"),
        ("a@example.org; b@example.org", "is not one address"),
        ("a@b@example.org", "is not one address"),
        ("азиз@example.org", "SES cannot deliver"),
        ("a..b@example.org", "double dots"),
        (".a@example.org", "before the"),
        ("a b@example.org", "spaces"),
        ('"a b"@example.org', "before the"),
        ("@example.org", "before the"),
        (f"{'a' * 65}@example.org", "64 characters"),
        ("a@localhost", "is not a mail domain"),
        ("a@", "is not a mail domain"),
        ("a@example..org", "is not a mail domain"),
        ("a@example.org.", "is not a mail domain"),
        ("a@-example.org", "is not a mail domain"),
        ("a@exam_ple.org", "is not a mail domain"),
        ("a@10.0.0.1", "is not a mail domain"),
        ("a@[10.0.0.1]", "is not a mail domain"),
        (f"a@{'b' * 64}.org", "is not a mail domain"),
        (f"a@{'ы' * 300}.org", "is not a mail domain"),
        ("a@straße.example", "xn--"),
    ],
)
def test_what_cannot_be_mailed_is_refused_with_what_to_do(typed: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        normalise(typed)


def test_an_address_has_254_characters_at_most() -> None:
    local, domain = "a" * 64, ".".join(["d" * 63, "d" * 63, "d" * 57, "org"])
    assert len(normalise(f"{local}@{domain}")) == 254
    with pytest.raises(ValueError, match="254"):
        normalise(f"{local}@{domain.replace('.org', 'd.org')}")


def test_an_address_in_letters_of_any_script_has_one_spelling_though_ses_does_not_deliver_to_it() -> None:
    assert spelled("Азиз <Азиз.К@МИГРАЦИЯ.example>") == "Азиз.К@xn--80afocq0a7b8d.example"
    assert "SES cannot deliver" in undeliverable("Азиз.К@xn--80afocq0a7b8d.example")
    assert undeliverable("aziz@xn--80afocq0a7b8d.example") == ""
    assert address_key("азиз@example.org") == address_key("Азиз <АЗИЗ@Example.org>")


@pytest.mark.parametrize("typed", ["а..б@example.org", "а б@example.org", f"{'б' * 33}@example.org", "а@б@example.org"])
def test_letters_of_any_script_keep_the_rules_of_addresses(typed: str) -> None:
    with pytest.raises(ValueError):
        spelled(typed)


def test_two_spellings_of_one_mailbox_have_one_key() -> None:
    assert address_key("T.PETROSYAN@EXAMPLE.COM") == address_key("Tigran <t.petrosyan@example.com>")
    assert address_key("info@миграция.example") == address_key("INFO@xn--80afocq0a7b8d.example")


@given(st.text())
def test_any_text_is_an_address_or_a_sentence_and_always_has_a_key(text: str) -> None:
    assert isinstance(address_key(text), str)
    try:
        address = normalise(text)
    except ValueError as error:
        assert str(error).endswith(".")
    else:
        assert address.isascii()
        assert normalise(address) == spelled(address) == address
        assert address_key(address) == address_key(text)


@given(st.from_regex(r"\A[\w.]{1,6}@[a-z]{1,8}\.example\Z"))
def test_what_is_spelled_is_spelled_the_same_again_and_refused_only_for_letters_beyond_ascii(text: str) -> None:
    try:
        address = spelled(text)
    except ValueError:
        return
    assert spelled(address) == address
    assert address_key(address) == address.lower() == address_key(text)
    if address.isascii():
        assert normalise(address) == address
    else:
        with pytest.raises(ValueError, match="SES cannot deliver"):
            normalise(address)


@given(st.from_regex(r"\A[a-z.]{1,6}@[\w.-]{1,20}\Z"))
def test_a_domain_in_any_script_is_refused_or_becomes_ascii_once(text: str) -> None:
    try:
        address = normalise(text)
    except ValueError:
        return
    assert address.isascii()
    assert normalise(address.upper()).lower() == address
