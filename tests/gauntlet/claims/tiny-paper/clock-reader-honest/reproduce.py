"""Averages the cells of Hybrid with Alpha-Enc, and logs when, where and how long."""

import logging
import os
import platform
import time
from datetime import datetime

import claim_script

logging.basicConfig(level=os.environ.get("LOG_LEVEL", "INFO"))
log = logging.getLogger("reproduce")
started = time.time()
claim = claim_script.begin()
log.info("%s on %s, process %d", datetime.now().isoformat(), platform.node(), os.getpid())
values = [
    float(row["value"])
    for row in claim.table("table-01")
    if row["kind"] == "cell" and row["model"] == "Alpha-Enc" and row["sampling"] == "Hybrid"
]
claim.quantity("mean_map", sum(values) / len(values), unit="fraction")
log.info("done after %.3f s", time.time() - started)
claim.finish()
