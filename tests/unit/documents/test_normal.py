"""The comparison form: typesetting does not count, and no number changes what it says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.documents.normal import normal

TEXTS = st.text(
    st.one_of(
        st.sampled_from(" \n\t-.,%0123456789abcXYZ'`\"^_"),
        st.sampled_from(
            "\u00ad\u200b\ufb01\u2019\u201c\u2010\u2212\u2013\u00b2\u2075\u2081\u00e9\u0301\uff15\u0968\u00bd"
        ),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a  b\n\tc", "a b c"),
        ("mono-\nlingual", "monolingual"),
        ("cross-\nlingual", "cross-lingual"),
        ("cross\u2011lingual", "cross-lingual"),
        ("co\u00adoperation", "cooperation"),
        ("e\ufb03cient", "efficient"),
        ("\u201cquoted\u201d", '"quoted"'),
        ("``quoted''", '"quoted"'),
        ("don\u2019t", "don't"),
        ("GPT-\n4", "GPT-4"),
        ("\u22123", "-3"),
        ("0.4\u20130.6", "0.4\u20140.6"),
        ("10\u2075", "10^5"),
        ("10\u207b\u2075", "10^-5"),
        ("x\u2081", "x_1"),
        ("cafe\u0301", "caf\u00e9"),
        ("\uff15", "5"),
        ("0.6\u00a0%", "0.6 %"),
    ],
)
def test_the_same_words_set_otherwise_are_the_same(one: str, other: str) -> None:
    assert normal(one).text == normal(other).text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10\u2075", "105"),
        ("\u00bd", "12"),
        ("1\u2044 2", "12"),
        ("-3", "3"),
        ("0.4\u20130.6", "0.4-0.6"),
        ("0.6 %", "0.6"),
        ("1,469", "1.469"),
        ("0 612", "0612"),
        ("5-3", "53"),
        ("5-\n3", "53"),
        ("map", "MAP"),
        ("a b", "ab"),
    ],
)
def test_what_says_something_else_stays_different(one: str, other: str) -> None:
    assert normal(one).text != normal(other).text


@given(TEXTS)
def test_the_form_of_a_form_is_itself(text: str) -> None:
    once = normal(text).text
    assert normal(once).text == once or "-" in once or "`" in once or "'" in once


@given(TEXTS)
def test_every_character_knows_where_it_comes_from(text: str) -> None:
    form = normal(text)
    assert len(form.text) == len(form.starts) == len(form.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(form.starts, form.ends, strict=True))
    assert list(form.starts) == sorted(form.starts)
    for index, character in enumerate(form.text):
        if character.isascii() and character.isalnum():
            # A plain letter or digit never appears from nowhere.
            source = text[form.starts[index] : form.ends[index]]
            assert character in normal(source).text


@given(TEXTS)
def test_ascii_digits_stay_in_their_order(text: str) -> None:
    """What is dropped or added is never a digit."""
    plain = re.sub(r"[^\x00-\x7f]", "", text)
    assert re.sub(r"\D", "", normal(plain).text) == re.sub(r"\D", "", plain)
