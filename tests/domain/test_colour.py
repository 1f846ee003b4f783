"""The organiser picks a colour; the code sees to it that text in it can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.colour import contrast, readable

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_black_on_white_has_the_highest_contrast_and_a_colour_on_itself_the_lowest():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#1a4f8b", "#1a4f8b") == 1


def test_contrast_is_that_of_wcag():
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_a_colour_that_can_be_read_stays_as_it_is():
    assert readable("#1A4F8B", "#ffffff") == "#1a4f8b"


def test_a_pale_colour_is_darkened_on_a_light_ground_and_keeps_its_hue():
    found = readable("#ffdd00", "#ffffff")
    red, green, blue = int(found[1:3], 16), int(found[3:5], 16), int(found[5:], 16)
    assert contrast(found, "#ffffff") >= 4.5
    assert red > green > blue


def test_a_dark_colour_is_lightened_on_a_dark_ground():
    assert contrast("#1a4f8b", "#1c2126") < 4.5 <= contrast(readable("#1a4f8b", "#1c2126"), "#1c2126")


@given(COLOURS, st.sampled_from(["#ffffff", "#f2f4f6", "#232a31", "#000000"]))
def test_every_colour_becomes_readable_on_the_grounds_in_use(colour, ground):
    assert contrast(readable(colour, ground), ground) >= 4.5
