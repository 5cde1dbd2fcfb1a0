"""Would train a dual encoder on hybrid and on X-X-mono batches and compare the two by article."""

import claim_script

claim = claim_script.begin()
claim.not_run("this version contains no training code, so neither method was trained")
