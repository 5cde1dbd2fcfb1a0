"""A small encoder made from a configuration, and the folder it is kept in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from harness.errors import InputError
from harness.retrieval.encode import Encoder, Settings, load_encoder

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def small_tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    """A byte-pair tokenizer learnt from texts; unlike Unigram, learning it twice gives the same one."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))  # noqa: S106 - a word of the vocabulary, no secret
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=list(SPECIAL), show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[(word, tokenizer.token_to_id(word)) for word in ("[CLS]", "[SEP]")],
    )
    words = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), SPECIAL, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **words)


def small_encoder(
    tokenizer: Any, settings: Settings, seed: int, *, layers: int = 2, width: int = 64, heads: int = 4
) -> Encoder:
    """A BERT of the given size with random weights that follow from the seed."""
    from transformers import BertConfig, BertModel

    configuration = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=2 * width,
        max_position_embeddings=settings.max_length,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(seed)
    return Encoder(BertModel(configuration, add_pooling_layer=False), tokenizer, settings)


def save_encoder(encoder: Encoder, folder: Path) -> None:
    """Keep an encoder in half precision, in the layout that ``load_encoder`` reads.

    Weights are rounded to 16 bits; what is loaded again has the rounded weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    encoder.model.half().save_pretrained(folder)
    encoder.model.float()
    encoder.tokenizer.save_pretrained(folder)
    for path in folder.iterdir():
        path.chmod(0o644)  # the weights come readable for their owner alone


def load_small(folder: Path, settings: Settings) -> Encoder:
    """An encoder that ``save_encoder`` kept, in single precision.

    Raises:
        InputError: there is none.
    """
    if not (folder / "model.safetensors").is_file():
        raise InputError(f"{folder}: no encoder here; model.safetensors is missing.")
    return load_encoder(folder, settings)
