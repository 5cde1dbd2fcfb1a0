"""Where collections are published, under which licence, and the digests of their files.

A digest is pinned where this project has seen the publisher's file. Where it has not, the digest is ``None`` and
``pull`` notes the digest of what came in ``SHA256SUMS``, which later readings are held to.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import InputError


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a collection."""

    name: str
    """Path inside the folder of the collection."""
    url: str
    """Where its publisher offers it."""
    sha256: str | None
    """Digest of its bytes, lower-case hexadecimal; ``None`` where this project has not seen them."""


@dataclass(frozen=True, slots=True)
class Publication:
    """A collection as its publisher offers it."""

    name: str
    licence: str
    citation: str
    files: tuple[RemoteFile, ...]


_LAREQA = "https://raw.githubusercontent.com/google-research-datasets/lareqa"
_XQUAD_R = {
    "ar": "c52922d3b8ac1ae03ed5ac38647ad59870dca3dda2beefe18ecdc30729acb69d",
    "de": "16fb0f4bf4916154b585a20c24c66074591c9718a1affe764ff4697572328949",
    "el": "163fd43ee785a30eb534ae2061e9eaa766a7ee4e8ffce5e4b422480c150f64b6",
    "en": "7b0954f39297c27a31fef610f0883337dd2907fa8699151dc922afdd0fa12ffe",
    "es": "f8e836b2d91009c4363e04315f7ede363eedbbb49c67dda60de6c4aa782f58de",
    "hi": "ea45ba8ae4513d1533b222bebdc02a90bc319c055d3aeea68584a053d2e92872",
    "ru": "7f4dff853538b9a5fcc28c070b8bb983a5c5d190ac747b8e005a1ada9cab18f1",
    "th": "c3a041864c3a9fb0b4dd91cfdf99cf36b411b3e704c58a303c97bc6dc786cfe4",
    "tr": "f3e8c13002bbce154a4578f535f7533cb70f3da08840e6b62735935baec7bd94",
    "vi": "e35926bf5cc6fc6ecbdfca49467aabeb454f08d152d7818143a906bd31dde995",
    "zh": "80c2cde7b9c2fb134c303cbb52f2ba396ead9eb0014aec43993543d2ba9e93ed",
}
_MLQA_R = ("ar", "de", "en", "es", "hi", "vi", "zh")
_MIRACL = "https://huggingface.co/datasets/miracl"
_MIRACL_PARTS = {
    "ar": 5,
    "bn": 1,
    "en": 66,
    "es": 21,
    "fa": 5,
    "fi": 4,
    "fr": 30,
    "hi": 2,
    "id": 3,
    "ja": 14,
    "ko": 3,
    "ru": 20,
    "sw": 1,
    "te": 2,
    "th": 2,
    "zh": 10,
}
"""Parts of the corpus of each language, as the publisher's loading script counts them."""


def _miracl(language: str, parts: int) -> tuple[RemoteFile, ...]:
    base = f"miracl-v1.0-{language}"
    small = [
        f"{base}/topics/topics.{base}-dev.tsv",
        f"{base}/qrels/qrels.{base}-dev.tsv",
    ]
    corpus = [f"miracl-corpus-v1.0-{language}/docs-{part}.jsonl.gz" for part in range(parts)]
    return (
        *(RemoteFile(name, f"{_MIRACL}/miracl/resolve/main/{name}", None) for name in small),
        *(RemoteFile(name, f"{_MIRACL}/miracl-corpus/resolve/main/{name}", None) for name in corpus),
    )


_ROY = "Roy et al. 2020, LAReQA, EMNLP, arXiv 2004.05484"
PUBLICATIONS: dict[str, Publication] = {
    publication.name: publication
    for publication in (
        Publication(
            "xquad-r",
            "CC BY-SA 4.0",
            _ROY,
            tuple(
                RemoteFile(
                    f"{language}.json",
                    f"{_LAREQA}/5405d2a77e83d5ccb47623a3f9e5604c3f103193/xquad-r/{language}.json",
                    digest,
                )
                for language, digest in _XQUAD_R.items()
            ),
        ),
        Publication(
            "mlqa-r",
            "CC BY-NC 4.0",
            _ROY,
            tuple(
                RemoteFile(
                    f"{language}.json",
                    f"{_LAREQA}/354d67d1cd066854cdfbf5ad0e6105528976141d/mlqa-r/{language}.json",
                    None,
                )
                for language in _MLQA_R
            ),
        ),
        *(
            Publication(
                f"miracl-{language}",
                "Apache-2.0",
                "Zhang et al. 2023, MIRACL, TACL 11, arXiv 2210.09984",
                _miracl(language, parts),
            )
            for language, parts in _MIRACL_PARTS.items()
        ),
    )
}


def publication(name: str) -> Publication:
    """The publication with a name.

    Raises:
        InputError: there is none; the text lists those there are.
    """
    if name not in PUBLICATIONS:
        raise InputError(
            f"{name!r} is no collection this project knows; there are {', '.join(PUBLICATIONS)}."
        )
    return PUBLICATIONS[name]
