"""What all records have in common: frozen, complete, no unknown keys, no NaN."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

DECIMAL_PATTERN = r"^[+-]?(?:(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+)$"


class Record(BaseModel):
    """A frozen record. Unknown keys, NaN and infinities are refused; field docstrings reach the schema."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        populate_by_name=True,
        validate_default=True,
    )

    def as_json(self) -> Any:
        """The record as plain JSON values; optional fields that are absent are left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


_SLUG = r"^[a-z0-9]+(?:[-_.][a-z0-9]+)*$"
_IDENTIFIER = r"^[A-Za-z_][A-Za-z0-9_]*$"
_SHA256 = r"^[0-9a-f]{64}$"
FORMS = {
    _SLUG: "lower-case letters and digits, with single '-', '_' or '.' between them",
    _IDENTIFIER: "letters, digits and '_', no digit first",
    _SHA256: "64 lower-case hexadecimal digits",
    DECIMAL_PATTERN: "a number as it is printed, such as 12, .0375 or -1.5",
}
"""What texts with these patterns look like, in words."""

Slug = Annotated[str, StringConstraints(pattern=_SLUG, max_length=80)]
"""A name usable as a folder: lower-case letters, digits, single ``-``, ``_`` or ``.`` between them."""

Identifier = Annotated[str, StringConstraints(pattern=_IDENTIFIER, max_length=60)]
"""A name usable in a rule's expression."""

FilePath = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.+-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*$", max_length=200
    ),
]
"""A path inside a folder: names of letters, digits and ``_.+-``, none of which begins with a dot, between ``/``."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)]
"""Text for people; never empty."""

Sha256 = Annotated[str, StringConstraints(pattern=_SHA256)]
"""A SHA-256 digest, 64 lower-case hexadecimal digits."""

DecimalText = Annotated[str, StringConstraints(pattern=DECIMAL_PATTERN, min_length=1, max_length=40)]
"""A number as it is printed. It stays text, because trailing zeros say how precisely it was printed."""


def _whole(value: Any) -> Any:
    """A float without a fraction as the integer that canonical JSON writes for it (RFC 8785, section 3.2.2.3)."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


JsonScalar = Annotated[str | int | float | bool, AfterValidator(_whole)]
