"""Dense retrieval over several languages: data, encoders, batch sampling, training, evaluation, language bias.

A library of its own. It knows nothing of claims and verdicts, imports only ``harness.errors`` from the house, and
nothing in the core imports it. It needs the extra ``retrieval`` (torch, transformers, faiss-cpu, babel, numba);
``types``, ``ranks``, ``measures``, ``evaluation`` and ``languages`` need numpy alone, and numba only to be fast.
The guide is ``docs/retrieval.md``.
"""
