"""Fine-tunes a small encoder with each share alpha of monolingual batches and compares them with one half."""

import claim_script

claim = claim_script.begin()
asked = claim.parameters

from harness.retrieval.packages import first_missing

if missing := first_missing():
    claim.not_run(f"the package {missing} is not installed; pip install 'claim-harness[retrieval]' brings it")

import torch

from harness.retrieval import embedded, exhibits, study
from harness.retrieval.evaluation import Setting
from harness.retrieval.measures import AP
from harness.retrieval.sampling import Hybrid
from harness.retrieval.training import Optimisation

torch.set_num_threads(1)
plan = Optimisation(steps=asked["steps"], learning_rate=1e-3, warmup=10)
half, near = "0.5", ("0.4", "0.6")
named = {"X-Y": "0", "Hybrid": half, "X-X-mono": "1"}


def prepared(base):
    """The facts as this run is asked to see them."""
    permuted = claim.seed if asked["relevance"] == "permuted" else None
    return embedded.embedded_study(base, topics=asked["topics"], permuted_with=permuted)


def try_alphas(bench, training, alphas):
    """Every share from one base, on the same items in the same steps."""
    seed = 1000 * claim.seed + training
    return {alpha: bench.tried(Hybrid(asked["batch"], seed, float(alpha)), plan) for alpha in alphas}


def map_by_topic(bench, tried):
    """MAP of each topic, averaged over the three settings."""
    found = [tried.evaluation.by_topic(setting, AP, bench.topics) for setting in Setting]
    return {topic: sum(of[topic] for of in found) / len(found) for topic in found[0]}


bench = prepared(embedded.shipped_base())
trainings = {training: try_alphas(bench, training, asked["alphas"]) for training in asked["trainings"]}

rows = []
for training, tried in trainings.items():
    values = {alpha: map_by_topic(bench, of) for alpha, of in tried.items()}
    for alpha in values:
        if alpha != half:
            for topic, value in values[alpha].items():
                row = {"alpha": alpha, "topic": topic, "training": str(training)}
                rows.append({**row, "map": value, "map_at_half": values[half][topic]})
columns = {"alpha": None, "topic": None, "training": None, "map": "fraction", "map_at_half": "fraction"}
claim.table_out("shares", columns, rows)
claim.table_out("near_half", columns, [row for row in rows if row["alpha"] in near])
claim.table_out("setup", {"what": None, "is": None}, study.described(embedded.embedded_facts(), bench))

if asked["beside"]:
    arms = {arm: [tried[alpha] for tried in trainings.values()] for arm, alpha in named.items()}
    exhibits.keep(exhibits.of_arms(bench, arms))
    exhibits.keep(exhibits.shares({float(alpha): [tried[alpha] for tried in trainings.values()] for alpha in asked["alphas"]}))
    weak = prepared(embedded.build_base(embedded.WEAK_STEPS))

    def try_named(bench, training):
        tried = try_alphas(bench, training, named.values())
        return {arm: tried[alpha] for arm, alpha in named.items()}

    exhibits.keep(exhibits.calibration(bench, weak, arms, asked["trainings"][0], try_named))

claim.finish()
