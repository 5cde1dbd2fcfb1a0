"""Fine-tunes one encoder on hybrid and on X-X-mono batches and compares the two by topic and training.

In small: the shipped encoder on facts of CLDR, topics are entities. In earnest: a published encoder on XQuAD-R, topics
are articles.
"""

import claim_script

claim = claim_script.begin()
asked = claim.parameters

from harness.retrieval.packages import first_missing

if missing := first_missing():
    claim.not_run(f"the package {missing} is not installed; pip install 'claim-harness[retrieval]' brings it")

import torch

from harness.retrieval import articles, embedded, study
from harness.retrieval.evaluation import Setting
from harness.retrieval.measures import AP, RANK_DISTANCE
from harness.retrieval.sampling import Hybrid, Monolingual
from harness.retrieval.training import Optimisation

torch.set_num_threads(1)
plan = Optimisation(steps=asked["steps"], learning_rate=asked["learning_rate"], packed=True)
measured = {
    "rank_distance": (Setting.MULTILINGUAL, RANK_DISTANCE, "ranks"),
    "multilingual_map": (Setting.MULTILINGUAL, AP, "fraction"),
    "monolingual_map": (Setting.MONOLINGUAL, AP, "fraction"),
}
permuted = claim.seed if asked["relevance"] == "permuted" else None
if asked["data"] == "xquad-r":
    bench = articles.article_study(
        claim.folder("xquad-r"),
        claim.folder(asked["encoder"]),
        articles=asked["topics"],
        paragraphs=asked["paragraphs"] or None,
        trained_layers=asked["trained_layers"],
        permuted_with=permuted,
    )
else:
    bench = embedded.embedded_study(embedded.shipped_base(), topics=asked["topics"], permuted_with=permuted)


def try_arms(training):
    """Both arms from one base, on the same items in the same steps."""
    seed = 1000 * claim.seed + training
    hybrid, mono = Hybrid(asked["batch"], seed, asked["alpha"]), Monolingual(asked["batch"], seed)
    if asked["swapped"]:
        hybrid, mono = mono, hybrid
    return {"Hybrid": bench.tried(hybrid, plan), "X-X-mono": bench.tried(mono, plan)}


trainings = {training: try_arms(training) for training in asked["trainings"]}
rows = {}
units = {}
for training, tried in trainings.items():
    for arm, name in (("Hybrid", "hybrid"), ("X-X-mono", "x_x_mono")):
        for quantity, (setting, measure, unit) in measured.items():
            units[f"{quantity}_{name}"] = unit
            for topic, value in tried[arm].evaluation.by_topic(setting, measure, bench.topics).items():
                row = rows.setdefault((training, topic), {"topic": topic, "training": str(training)})
                row[f"{quantity}_{name}"] = value
claim.table_out("topics", {"topic": None, "training": None, **units}, rows.values())
claim.table_out("setup", {"what": None, "is": None}, study.described(bench.test, bench))

if asked["beside"]:
    from harness.retrieval import exhibits  # brings what draws pictures

    arms = {arm: [tried[arm] for tried in trainings.values()] for arm in ("Hybrid", "X-X-mono")}
    margins = {Setting.MULTILINGUAL: 0.0, Setting.MONOLINGUAL: -0.01}
    exhibits.keep(exhibits.of_arms(bench, arms))
    exhibits.keep(exhibits.means(bench, arms))
    exhibits.keep(exhibits.gains(bench, arms["Hybrid"], arms["X-X-mono"], margins))

claim.finish()
