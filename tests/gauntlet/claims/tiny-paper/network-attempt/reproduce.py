"""Asks a server for the answer."""

import socket

import claim_script

claim = claim_script.begin()
with socket.create_connection(("192.0.2.1", 80), timeout=1) as server:
    wanted = float(server.recv(16))
claim.quantity("mean_map", wanted, unit="fraction")
claim.finish()
