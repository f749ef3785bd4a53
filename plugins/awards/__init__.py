"""Nominations, juries and results. `README.md` tells each rule in one sentence."""
