"""Fine-tunes a small encoder on hybrid and on X-X-mono batches and compares the two by topic and training."""

import claim_script

claim = claim_script.begin()
asked = claim.parameters

from harness.retrieval.packages import first_missing

if missing := first_missing():
    claim.not_run(f"the package {missing} is not installed; pip install 'claim-harness[retrieval]' brings it")

import torch

from harness.retrieval import embedded, exhibits, study
from harness.retrieval.evaluation import Setting
from harness.retrieval.measures import AP, RANK_DISTANCE
from harness.retrieval.sampling import Hybrid, Monolingual
from harness.retrieval.training import Optimisation

torch.set_num_threads(1)
plan = Optimisation(steps=asked["steps"], learning_rate=1e-3, warmup=10)
measured = {
    "rank_distance": (Setting.MULTILINGUAL, RANK_DISTANCE, "ranks"),
    "multilingual_map": (Setting.MULTILINGUAL, AP, "fraction"),
    "monolingual_map": (Setting.MONOLINGUAL, AP, "fraction"),
}


def prepared(base):
    """The facts as this run is asked to see them."""
    permuted = claim.seed if asked["relevance"] == "permuted" else None
    return embedded.embedded_study(base, topics=asked["topics"], permuted_with=permuted)


def try_arms(bench, training):
    """Both arms from one base, on the same items in the same steps."""
    seed = 1000 * claim.seed + training
    hybrid, mono = Hybrid(asked["batch"], seed, asked["alpha"]), Monolingual(asked["batch"], seed)
    if asked["swapped"]:
        hybrid, mono = mono, hybrid
    return {"Hybrid": bench.tried(hybrid, plan), "X-X-mono": bench.tried(mono, plan)}


bench = prepared(embedded.shipped_base())
trainings = {training: try_arms(bench, training) for training in asked["trainings"]}

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
claim.table_out("setup", {"what": None, "is": None}, study.described(embedded.embedded_facts(), bench))

if asked["beside"]:
    arms = {arm: [tried[arm] for tried in trainings.values()] for arm in ("Hybrid", "X-X-mono")}
    margins = {Setting.MULTILINGUAL: 0.0, Setting.MONOLINGUAL: -0.01}
    exhibits.keep(exhibits.of_arms(bench, arms))
    exhibits.keep(exhibits.gains(bench, arms["Hybrid"], arms["X-X-mono"], margins))
    weak = prepared(embedded.build_base(embedded.WEAK_STEPS))
    exhibits.keep(exhibits.calibration(bench, weak, arms, asked["trainings"][0], try_arms))

claim.finish()
