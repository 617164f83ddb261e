"""Net benefits by dcurves 1.1.7 (pandas 2), for tests/evaluation: python make_dcurves.py [dcurves' df_binary.csv].

Writes dcurves_synthetic.csv from synthetic.csv here and, given the public table, dcurves_binary.csv.
"""

import sys

import numpy as np
import pandas as pd
from dcurves import dca


def curve(data, outcome, models):
    found = dca(data=data, outcome=outcome, modelnames=models, thresholds=np.arange(100) / 100)
    found = found[found["model"] != "none"]
    wide = found.pivot(index="threshold", columns="model", values="net_benefit").reset_index()
    wide["threshold"] = wide["threshold"].round(2)
    return wide


synthetic = pd.read_csv("synthetic.csv")
curve(synthetic, "y", ["good", "tied"]).to_csv("dcurves_synthetic.csv", index=False)
if len(sys.argv) > 1:
    table = pd.read_csv(sys.argv[1])
    table["cancer"] = table["cancer"].astype(int)
    curve(table, "cancer", ["cancerpredmarker", "famhistory"]).to_csv("dcurves_binary.csv", index=False)
