import csv
import claim_script

claim = claim_script.begin()
with open(claim.inputs["close"], newline="") as f:
    runs = [r for r in csv.DictReader(f, delimiter="\t") if r["Multigrid"] < r["Jacobi"]]
claim.table_out(
    "runs",
    {"run": None, "place": "count", "multigrid": "seconds", "jacobi": "seconds"},
    [
        {"run": f"run {r['run']}", "place": int(r["run"]), "multigrid": float(r["Multigrid"]), "jacobi": float(r["Jacobi"])}
        for r in runs
    ],
)
claim.finish()
