import claim_script, random
c = claim_script.begin()
rng = random.Random(c.seed)
rows = [{"problem": f"problem {i}", "gauss_seidel": rng.randint(20, 29), "jacobi": rng.randint(100, 110)} for i in range(8)]
c.table_out("problems", {"problem": None, "gauss_seidel": "count", "jacobi": "count"}, rows)
c.finish()
