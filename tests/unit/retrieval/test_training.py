"""Loss, encoder and training, on networks of a few thousand weights."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made import parallel

for package in ("torch", "transformers", "tokenizers"):
    pytest.importorskip(package, reason=f"{package} is not installed: pip install '.[retrieval]'")

import torch
from transformers import AutoConfig, AutoModel

from harness.errors import InputError
from harness.retrieval.encode import Encoder, Pooling, Settings, Tokens, load_encoder, pool, weights_digest
from harness.retrieval.loss import info_nce
from harness.retrieval.packed import can_pack, embed_packed
from harness.retrieval.profiles import run_profile
from harness.retrieval.sampling import Hybrid, Monolingual
from harness.retrieval.small import load_small, save_encoder, small_encoder, small_tokenizer
from harness.retrieval.study import training_texts
from harness.retrieval.training import Optimisation, train

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
COLLECTION = parallel(("aa", "bb"), 12)
PLAN = Optimisation(steps=4, learning_rate=1e-3)


@pytest.fixture(scope="module")
def tiny() -> Encoder:
    torch.set_num_threads(1)
    texts = [query.text for query in COLLECTION.queries] + [passage.text for passage in COLLECTION.passages]
    return small_encoder(
        small_tokenizer(texts, 200), Settings(max_length=16), seed=3, layers=1, width=16, heads=2
    )


def fresh(encoder: Encoder) -> Encoder:
    return replace(encoder, model=copy.deepcopy(encoder.model))


def unit(rows: int, seed: int) -> torch.Tensor:
    drawn = torch.randn(rows, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.nn.functional.normalize(drawn)


@pytest.mark.parametrize("negatives", [0, 3])
@pytest.mark.parametrize("temperature", [0.05, 1.0])
def test_info_nce_is_its_definition(negatives: int, temperature: float) -> None:
    queries, passages, other = unit(4, 1), unit(4, 2), unit(negatives, 3)
    expected = 0.0
    for i in range(4):
        against = [np.exp(float(queries[i] @ p) / temperature) for p in [*passages, *other]]
        expected -= np.log(against[i] / sum(against)) / 4
    found = info_nce(queries, passages, temperature, other if negatives else None)
    assert float(found) == pytest.approx(expected, abs=1e-12)


def test_info_nce_by_hand() -> None:
    """Equal scores leave a choice among B; the best scores leave next to none."""
    same = torch.ones(4, 1)
    assert float(info_nce(same, same, 0.1)) == pytest.approx(np.log(4), abs=1e-6)
    assert float(info_nce(torch.eye(4), torch.eye(4), 0.01)) == pytest.approx(0, abs=1e-6)


def test_pooling_by_hand() -> None:
    hidden = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [9.0, 9.0]]])
    mask = torch.tensor([[1, 1, 0]])
    assert pool(hidden, mask, Pooling.MEAN).tolist() == [[2.0, 3.0]]
    assert pool(hidden, mask, Pooling.CLS).tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("chunk", [None, 5])
def test_without_padding_the_same_network_is_trained(tiny: Encoder, chunk: int | None) -> None:
    """Without dropout, nothing but rounding tells whether padding was computed."""
    trained = []
    for packed in (False, True):
        encoder = fresh(tiny)
        for part in encoder.model.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = 0.0
        texts = training_texts(COLLECTION, encoder)
        plan = replace(PLAN, packed=packed, chunk=chunk)
        trained.append((train(encoder, texts, Hybrid(8, 0, alpha=0.5), plan), encoder))
    (padded, one), (packed_losses, other) = trained
    assert padded == pytest.approx(packed_losses, abs=1e-5)
    for weight, same in zip(one.model.parameters(), other.model.parameters(), strict=True):
        torch.testing.assert_close(weight, same, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("pooling", list(Pooling))
@pytest.mark.parametrize("kind", ["bert", "xlm-roberta"])
def test_packed_vectors_are_those_of_the_network(tiny: Encoder, kind: str, pooling: Pooling) -> None:
    torch.manual_seed(1)
    sizes = {"vocab_size": 60, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    configuration = AutoConfig.for_model(kind, intermediate_size=32, max_position_embeddings=40, **sizes)
    network = AutoModel.from_config(configuration, add_pooling_layer=False).eval()
    encoder = Encoder(network, tiny.tokenizer, Settings(pooling, max_length=16))
    tokens = Tokens(((2, 5, 9, 3), (2, 3), (2, *range(4, 17), 3), (2, 7, 7, 3)))
    [first, second] = embed_packed(encoder, [(tokens, [0, 2, 1]), (tokens, [3, 0])])
    # Padding of its own index stands where a text ends.
    for packed, rows in ((first, [0, 2, 1]), (second, [3, 0])):
        alone = torch.cat([encoder.embed(tokens, [row]) for row in rows])
        torch.testing.assert_close(packed, alone, atol=1e-5, rtol=1e-4)


def test_other_networks_are_not_packed(tiny: Encoder) -> None:
    network = AutoModel.from_config(
        AutoConfig.for_model("distilbert", vocab_size=60, dim=16, n_layers=1, n_heads=2, hidden_dim=16)
    )
    other = Encoder(network, tiny.tokenizer, tiny.settings)
    assert not can_pack(network)
    with pytest.raises(InputError, match="distilbert"):
        train(other, training_texts(COLLECTION, tiny), Monolingual(4, 0), replace(PLAN, packed=True))


def test_vectors_have_unit_length_and_do_not_depend_on_neighbours(tiny: Encoder) -> None:
    tokens = tiny.queries(["aa question 3", "bb question 11 and some more words", "cc"])
    together, alone = tiny.encode(tokens), tiny.encode(tokens, batch=1)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-6)
    assert together == pytest.approx(alone, abs=1e-5)
    prefixed = replace(tiny, settings=replace(tiny.settings, query_prefix="aa "))
    assert prefixed.queries(["question"]).ids == tiny.queries(["aa question"]).ids


@pytest.mark.parametrize("chunk", [1, 3, 8])
def test_gradient_caching_is_the_plain_gradient(tiny: Encoder, chunk: int) -> None:
    """Without dropout: with it, a chunk draws other masks than the whole batch."""
    texts = training_texts(COLLECTION, tiny)
    trained = []
    for size in (None, chunk):
        encoder = fresh(tiny)
        for part in encoder.model.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = 0.0
        losses = train(encoder, texts, Hybrid(8, 0), replace(PLAN, steps=1, chunk=size, learning_rate=0.0))
        trained.append(
            (losses, {name: w.grad for name, w in encoder.model.named_parameters() if w.grad is not None})
        )
    assert trained[0][0] == pytest.approx(trained[1][0], abs=1e-6)
    assert trained[0][1].keys() == trained[1][1].keys()
    for name, gradient in trained[0][1].items():
        assert torch.allclose(gradient, trained[1][1][name], atol=2e-6), name


def test_caching_repeats_the_dropout_of_each_chunk(tiny: Encoder) -> None:
    """With the batch as one chunk each, gradients with dropout are those of the plain way."""
    texts = training_texts(COLLECTION, tiny)
    ways = [fresh(tiny), fresh(tiny)]
    for encoder, chunk in zip(ways, (None, 8), strict=True):
        train(encoder, texts, Monolingual(8, 1), replace(PLAN, chunk=chunk))
    for one, other in zip(ways[0].model.parameters(), ways[1].model.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_training_lowers_the_loss_and_repeats_itself(tiny: Encoder) -> None:
    texts, plan = training_texts(COLLECTION, tiny), replace(PLAN, steps=40, learning_rate=5e-3)
    runs = [fresh(tiny) for _ in range(2)]
    losses = [train(encoder, texts, Hybrid(6, 2), plan) for encoder in runs]
    assert losses[0] == losses[1]
    assert weights_digest(runs[0]) == weights_digest(runs[1]) != weights_digest(tiny)
    assert np.mean(losses[0][-5:]) < 0.7 * np.mean(losses[0][:5])


def test_a_resumed_run_ends_as_one_that_never_stopped(tiny: Encoder, tmp_path: Path) -> None:
    texts, plan, sampler = training_texts(COLLECTION, tiny), replace(PLAN, steps=6, warmup=4), Hybrid(6, 2)
    whole, stopped, resumed = fresh(tiny), fresh(tiny), fresh(tiny)
    losses = train(whole, texts, sampler, plan)
    kept = tmp_path / "state.pt"
    first = train(stopped, texts, sampler, plan, checkpoint=kept, stop_after=4)
    second = train(resumed, texts, sampler, plan, checkpoint=kept)
    assert first + second == losses
    assert weights_digest(resumed) == weights_digest(whole)
    with pytest.raises(InputError, match="other settings"):
        train(fresh(tiny), texts, Hybrid(6, 3), plan, checkpoint=kept)


def test_mixed_precision_trains(tiny: Encoder) -> None:
    encoder = fresh(tiny)
    losses = train(
        encoder, training_texts(COLLECTION, tiny), Hybrid(6, 2), replace(PLAN, mixed_precision=True)
    )
    assert np.isfinite(losses).all()
    assert all(weight.dtype is torch.float32 for weight in encoder.model.parameters())


def test_a_saved_encoder_is_loaded_again(tiny: Encoder, tmp_path: Path) -> None:
    encoder = fresh(tiny)
    save_encoder(encoder, tmp_path)
    loaded = load_small(tmp_path, tiny.settings)
    assert weights_digest(loaded) == weights_digest(encoder)
    assert loaded.queries(["aa question 3"]).ids == encoder.queries(["aa question 3"]).ids
    assert loaded.encode(loaded.queries(["aa"])) == pytest.approx(
        encoder.encode(encoder.queries(["aa"])), abs=1e-6
    )


def test_encoders_that_cannot_be_pinned_or_found_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="commit"):
        load_encoder("someone/some-model", Settings())
    with pytest.raises(InputError, match="commit"):
        load_encoder("someone/some-model", Settings(), revision="main")
    with pytest.raises(InputError, match=r"config\.json"):
        load_encoder(tmp_path, Settings())
    with pytest.raises(InputError, match="no profile"):
        run_profile("huge", 0)
    with pytest.raises(InputError, match="no arms"):
        run_profile("embedded", 0, arms=["Y-Y"])
    with pytest.raises(InputError, match="XQuAD-R"):
        run_profile("full", 0)
