import collections
import claim_script

c = claim_script.begin()
grid = collections.defaultdict(dict)
for r in c.table("table-01"):
    if r["kind"] == "cell" and r["machine"] in ("laptop",):
        grid[r["machine"], r["mesh"]][r["solver"]] = r["value"]
c.table_out(
    "times",
    dict(machine=None, mesh=None, multigrid="seconds", jacobi="seconds"),
    [
        dict(machine=m, mesh=x, multigrid=v["Multigrid"], jacobi=v["Jacobi"])
        for (m, x), v in grid.items()
    ],
)
c.finish()
