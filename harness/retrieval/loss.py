"""InfoNCE with in-batch negatives.

Source: arXiv 2408.10536, section 2.1, Eq. (1); van den Oord et al. 2018, arXiv 1807.03748, Eq. (4). Negatives of a
question are the passages of the other questions in the batch and, where given, passages chosen as irrelevant. The
positive stands in the denominator, as in the second source; the loss is the mean over the batch, where Eq. (1) has
the sum: a constant factor that the step size of Adam does not see.
"""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy


def info_nce(
    queries: torch.Tensor,
    passages: torch.Tensor,
    temperature: float,
    negatives: torch.Tensor | None = None,
) -> torch.Tensor:
    """Mean over i of ``-log(exp(s_ii / t) / sum over j of exp(s_ij / t))``, a scalar.

    Args:
        queries: [B, d], of unit length, so that products are cosines.
        passages: [B, d]; row i answers question i.
        temperature: t, above 0. The paper does not give it.
        negatives: [K, d]: passages irrelevant to every question, K of them.
    """
    candidates = passages if negatives is None else torch.cat([passages, negatives])  # [B + K, d]
    scores = queries @ candidates.T / temperature  # [B, B + K]
    return cross_entropy(scores, torch.arange(len(queries), device=scores.device))
