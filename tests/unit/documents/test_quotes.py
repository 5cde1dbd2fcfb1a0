"""Quotes: found exactly where they stand, never where a digit differs, never inside a word or a number."""

from __future__ import annotations

import itertools
import re
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.documents.normal import normal
from harness.documents.quotes import Span, closest, find, said_otherwise
from harness.documents.sentences import around, sentences

TEXT = (
    "We train the Hy-\nbrid method. Averaged over eight languages it reaches a MAP of 0.612 with Alpha-Enc, "
    "12.5 % more than the 0.589 of Mono (Table 1).\n\nThe gain is −0.3 in Thai and 10⁵ steps are enough. "
    "It reaches a MAP of 0.551 with Beta-Enc."
)
WORDS = [found.span() for found in re.finditer(r"(?:\S*-\n)?\S+", TEXT)]
"""A word that is broken at a line end is one word."""


def where(quote: str, prefix: str = "", suffix: str = "", text: str = TEXT) -> list[str]:
    return [text[span.start : span.end] for span in find(quote, prefix, suffix, text)]


@pytest.mark.parametrize(
    ("quote", "stands"),
    [
        ("the Hybrid method", ["the Hy-\nbrid method"]),
        ("a MAP of 0.612 with Alpha-Enc", ["a MAP of 0.612 with Alpha-Enc"]),
        ("12.5 % more", ["12.5 % more"]),
        ("-0.3 in Thai", ["−0.3 in Thai"]),
        ("10^5 steps", ["10⁵ steps"]),
        ("2.5 % more", []),
        ("a MAP of 0.61", []),
        ("than the 0", []),
        ("12.5", []),
        ("0.3 in Thai", []),
        ("10", []),
        ("105 steps", []),
        ("brid method", []),
        ("the Hybrid met", []),
        ("It reaches a MAP", ["It reaches a MAP"]),
        ("a MAP of", ["a MAP of", "a MAP of"]),
        ("", []),
        ("   ", []),
        ("never written", []),
    ],
)
def test_a_quote_is_found_whole_or_not_at_all(quote: str, stands: list[str]) -> None:
    assert where(quote) == stands


@pytest.mark.parametrize(
    ("prefix", "suffix", "count"),
    [
        ("it reaches", "0.612", 1),
        ("It reaches ", " 0.551", 1),
        ("reaches", "", 2),
        ("", "with", 0),
        ("never", "", 0),
    ],
)
def test_words_around_a_quote_say_which_one_is_meant(prefix: str, suffix: str, count: int) -> None:
    assert len(find("a MAP of", prefix, suffix, TEXT)) == count


def test_text_without_spaces_between_words_can_be_quoted() -> None:
    assert where("平均精度", text="我们的平均精度很高") == ["平均精度"]
    assert where("เฉลี่ย", text="ค่าเฉลี่ยสูง") == ["เฉลี่ย"]


@given(st.integers(0, len(WORDS) - 1), st.integers(1, 12), st.integers(0, 8))
def test_any_stretch_of_words_is_found_exactly_at_its_place(first: int, size: int, context: int) -> None:
    start, end = WORDS[first][0], WORDS[min(first + size, len(WORDS)) - 1][1]
    prefix = TEXT[WORDS[max(0, first - context)][0] : start]
    suffix = TEXT[end : WORDS[min(first + size + context, len(WORDS)) - 1][1]]
    # "12.5" does not stand without its percent sign.
    assume(not TEXT[end:].startswith(" %"))
    found = find(TEXT[start:end], prefix, suffix, TEXT)
    assert Span(start, end) in found
    if len(TEXT[start - len(prefix) : end + len(suffix)]) > 30:
        assert found == [Span(start, end)]


@given(st.data())
def test_no_quote_with_another_digit_is_found(data: st.DataObject) -> None:
    digits = [place for place, sign in enumerate(TEXT) if sign in "0123456789"]
    place = data.draw(st.sampled_from(digits))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != TEXT[place]]))
    start = max((begin for begin, end in WORDS if begin <= place and end > place), default=0)
    low = max(0, WORDS.index(next(word for word in WORDS if word[0] == start)) - data.draw(st.integers(0, 4)))
    high = min(len(WORDS) - 1, low + data.draw(st.integers(4, 9)))
    begin, end = WORDS[low][0], WORDS[high][1]
    quote = TEXT[begin:place] + other + TEXT[place + 1 : end]
    assume(quote.replace(" ", "") not in TEXT.replace(" ", ""))
    assert find(quote, "", "", TEXT) == []


@given(st.text(max_size=40), st.text(max_size=8), st.text(max_size=8), st.text(max_size=80))
def test_whatever_is_found_says_what_is_quoted(quote: str, prefix: str, suffix: str, text: str) -> None:
    for span in find(quote, prefix, suffix, text):
        assert normal(quote).text.strip() in normal(text[span.start : span.end]).text


SENTENCE = "Averaged over all languages the method reaches a MAP of {} with Alpha."


@pytest.mark.parametrize(
    ("quote", "text", "quoted", "printed"),
    [
        (SENTENCE.format("0.621"), SENTENCE.format("0.612"), "0.621", "0.612"),
        (SENTENCE.format("62.1 %"), "Then. " + SENTENCE.format("61.2 %") + " Now.", "62.1", "61.2"),
        (SENTENCE.format("-0.3"), SENTENCE.format("0.3"), "-0.3", "0.3"),
        (
            "the method does outperform both baselines in Thai",
            "In short, the method does not outperform both baselines in Thai.",
            "",
            "not",
        ),
        ("it is never worse than the other method", "it is worse than the other method", "never", ""),
    ],
)
def test_the_same_sentence_with_one_thing_changed(quote: str, text: str, quoted: str, printed: str) -> None:
    other = said_otherwise(quote, text)
    assert other is not None
    assert (other.quoted, other.printed) == (quoted, printed)


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        (SENTENCE.format("0.621"), SENTENCE.format("0.612") + " " + SENTENCE.format("0.613")),
        (SENTENCE.format("0.621"), SENTENCE.format("0.612").replace("Alpha", "Beta")),
        (SENTENCE.format("0.621"), SENTENCE.format("0.612").replace("all", "8")),
        (SENTENCE.format("0.621"), SENTENCE.format("high")),
        ("a MAP of 0.621", "a MAP of 0.612"),
        ("As Table 2 shows it is better for all", "As Table 3 shows it is better for all"),
        ("of section 4.2 we say that it is better", "of section 4.3 we say that it is better"),
        ("not worse and not better than all the others", "worse and better than all the others"),
        ("nothing of the kind stands in there", "something else"),
        ("", "text"),
        ("quote", ""),
    ],
)
def test_anything_less_than_one_such_sentence_proves_nothing(quote: str, text: str) -> None:
    assert said_otherwise(quote, text) is None


def test_the_closest_passage_is_shown() -> None:
    near = closest("Averaged over ten languages it reaches a MAP of 0.9 with Alpha-Enc", TEXT)
    assert near == "Averaged over eight languages it reaches a MAP of 0.612 with Alpha-Enc"
    assert closest("wholly other words stand here", TEXT) == ""
    assert closest("", TEXT) == closest("x", "") == ""


def test_a_text_of_a_hundred_thousand_words_is_searched_in_seconds() -> None:
    text = "the method reaches a mean of 0.5 with model " * 11_000
    before = time.monotonic()
    assert find("it was never said", "", "", text) == []
    assert said_otherwise("the method reaches a mean of 0.7 with all models", text) is None
    assert closest("the method reaches a mean of 0.7 with all models", text)
    assert time.monotonic() - before < 10


def test_sentences() -> None:
    text = 'Heading\n\nWe win, cf. Tab. 3 (e.g. by 0.5). They lose! "Why?" A. Author asks it.\fNext'
    assert [text[span.start : span.end] for span in sentences(text)] == [
        "Heading",
        "We win, cf. Tab. 3 (e.g. by 0.5).",
        "They lose!",
        '"Why?"',
        "A. Author asks it.",
        "Next",
    ]


@given(st.text(st.sampled_from("aB. \n\f!?"), max_size=80))
def test_sentences_cover_every_letter_once(text: str) -> None:
    found = list(sentences(text))
    assert sum(letter.isalpha() for letter in text) == sum(
        letter.isalpha() for span in found for letter in text[span.start : span.end]
    )
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))


def test_the_sentence_around_a_quote() -> None:
    [span] = find("a MAP of 0.612", "", "", TEXT)
    whole = around(span, TEXT)
    assert TEXT[whole.start : whole.end].startswith("Averaged over")
    assert TEXT[whole.start : whole.end].endswith("(Table 1).")
