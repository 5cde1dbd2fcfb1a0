"""REPLICATION_ATTACKER: asks whether the evidence could have come out otherwise."""
