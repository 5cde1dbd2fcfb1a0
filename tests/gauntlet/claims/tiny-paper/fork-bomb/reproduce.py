"""Starts processes that start processes."""

import os
import time

import claim_script

claim = claim_script.begin()
while True:
    try:
        os.fork()
    except OSError:
        time.sleep(0.05)
