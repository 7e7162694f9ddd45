#!/usr/bin/python3
"""Our boosting beside the installed peers on the design matrices of real sets, at equal settings.

boost_sets.py BENCH-BOOST FOLDER [BINS[,BINS...]]    FOLDER/SET/SPLIT.train.csv and .test.csv are what `gnomon backtest --matrix` wrote; splits named R* are used

Test parts hold 14 to 360 rows: a few bins more or less move any engine by 1-7 %, so one count of bins says little. Per set: the mean over splits and counts of bins
of RMSE, and of the pinball loss at 0.9, of the label as it stands; then ours over each peer's, and its standard error by leaving out one split after the other.
The best peer is the one whose mean over all sets is best: to take the better one of each set, or of each split, would take the luckier. Rows weigh the same for
all, because sklearn 1.2 and bench-boost are asked alike.
"""
import csv
import glob
import json
import os
import subprocess
import sys
import tempfile
from types import SimpleNamespace

os.environ["OMP_NUM_THREADS"] = "1"
sys.dont_write_bytecode = True
import numpy as np

import boost_peers

BINS = "55,59,63,67,71"
NO_INPUT = ("weight", "offset", "scale")
SETTINGS = [str(v) for v in ("--trees", boost_peers.TREES, "--leaves", boost_peers.LEAVES, "--rate", boost_peers.RATE, "--min-leaf", boost_peers.MIN_LEAF)]


def matrix(path):
    """Label first, then inputs."""
    with open(path) as f:
        rows = csv.reader(f)
        names = next(rows)
        keep = [i for i, n in enumerate(names) if n not in NO_INPUT]
        table = [[float(row[i]) if row[i] else np.nan for i in keep] for row in rows]
    table = np.array(table, np.float32)
    return np.ascontiguousarray(table[np.isfinite(table[:, 0])])


def ours(bench, folder, bins, quantile):
    loss = f"quantile:{quantile}" if quantile else "squared"
    answer = subprocess.check_output([bench, "--train", f"{folder}/train.npy", "--test", f"{folder}/test.npy", "--target", "0", "--bins", str(bins),
                                      "--loss", loss, "--json", *SETTINGS])
    return json.loads(answer)["pinball" if quantile else "rmse"]


def peer(engine, train, test, bins, quantile):
    model = engine(SimpleNamespace(bins=bins, quantile=quantile, native=False))
    x, y = np.ascontiguousarray(train[:, 1:]), train[:, 0].copy()
    model.bin(x, y)
    model.train(x, y)
    e = test[:, 0].astype(float) - model.predict(np.ascontiguousarray(test[:, 1:]))
    return float(np.maximum(quantile * e, (quantile - 1) * e).mean() if quantile else np.sqrt((e * e).mean()))


def engines(quantile):
    found = {}
    for name, module in (("XGBoost", "xgboost"), ("Sklearn", "sklearn")):
        try:
            __import__(module)
            found[name] = getattr(boost_peers, name)
        except ImportError:
            print(f"boost_sets: SKIP {name}, python3-{module} is not installed", file=sys.stderr)
    if quantile:
        found.pop("XGBoost", None)       # 1.7 has no quantile loss
    return found


def losses(bench, folder, bins, quantile, found):
    """Of each engine: splits x counts of bins."""
    table = {name: [] for name in ("gnomon", *found)}
    for path in sorted(glob.glob(f"{folder}/R*.train.csv")):
        train, test = matrix(path), matrix(path.replace(".train.", ".test."))
        if len(test) == 0:
            continue
        with tempfile.TemporaryDirectory() as work:
            np.save(f"{work}/train.npy", train)
            np.save(f"{work}/test.npy", test)
            table["gnomon"].append([ours(bench, work, b, quantile) for b in bins])
        for name, engine in found.items():
            table[name].append([peer(engine, train, test, b, quantile) for b in bins])
    return {name: np.array(rows) for name, rows in table.items()}


def ratio(ours, theirs):
    """Of the means, and its standard error: the jackknife over splits, NaN with one."""
    n = len(ours)
    without = np.array([np.delete(ours, i, 0).mean() / np.delete(theirs, i, 0).mean() for i in range(n) if n > 1])
    return np.array([ours.mean() / theirs.mean(), np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()) if n > 1 else np.nan])


def shown(one):
    return "-" if one is None else f"{one[0]:.4f} +- {one[1]:.4f}"


def main():
    bench, folder = sys.argv[1:3]
    bins = [int(b) for b in (sys.argv[3] if len(sys.argv) > 3 else BINS).split(",")]
    print(f"With {', '.join(map(str, bins))} bins:\n")
    print("| set | splits | loss | gnomon | XGBoost | sklearn | gnomon / XGBoost | gnomon / sklearn |")
    print("|---|--:|---|--:|--:|--:|--:|--:|")
    for quantile in (0, .9):
        name, found, ratios = f"pinball {quantile}" if quantile else "RMSE", engines(quantile), {}
        for one in sorted(os.listdir(folder)):
            if not glob.glob(f"{folder}/{one}/R*.train.csv"):
                continue
            table = losses(bench, f"{folder}/{one}", bins, quantile, found)
            here = {p: ratio(table["gnomon"], table[p]) for p in found}
            for p in found:
                ratios.setdefault(p, []).append(here[p])
            means = [f"{table[p].mean():.5f}" if p in table else "-" for p in ("gnomon", "XGBoost", "Sklearn")]
            print("|", " | ".join([one, str(len(table["gnomon"])), name, *means, *(shown(here.get(p)) for p in ("XGBoost", "Sklearn"))]), "|", flush=True)
        all_sets = {p: (np.mean([r[0] for r in rows]), np.sqrt(sum(r[1] ** 2 for r in rows)) / len(rows)) for p, rows in ratios.items()}
        print("|", " | ".join(["mean", "", name, "", "", "", *(shown(all_sets.get(p)) for p in ("XGBoost", "Sklearn"))]), "|")
        if all_sets:
            best = max(all_sets, key=lambda p: all_sets[p][0])
            print("|", " | ".join([f"**of the best peer, {best}**", "", name, "", "", "", "", shown(all_sets[best])]), "|", flush=True)


if __name__ == "__main__":
    main()
