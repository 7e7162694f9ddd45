#!/usr/bin/python3
"""Our boosting beside the installed peers on the design matrices of real sets, at equal settings.

boost_sets.py BENCH-BOOST FOLDER [BINS[,BINS...]]    FOLDER/SET/SPLIT.train.csv and .test.csv are what `gnomon backtest --matrix` wrote; splits named R* are used

Per set: the mean over splits and bin counts of RMSE, and of the pinball loss at 0.9, of the label as it stands; then ours over the best peer's mean.
Several bin counts, because test parts hold 14 to 360 rows: a few bins more or less move any engine by 1-7 %. Rows weigh the same for all, because
sklearn 1.2 and bench-boost are asked alike. The last line is the mean of the ratios.
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


def compare(bench, folder, bins, quantile, found):
    """Mean loss of each engine over the splits of a set."""
    sums, n = {}, 0
    for path in sorted(glob.glob(f"{folder}/R*.train.csv")):
        train, test = matrix(path), matrix(path.replace(".train.", ".test."))
        if len(test) == 0:
            continue
        n += 1
        with tempfile.TemporaryDirectory() as work:
            np.save(f"{work}/train.npy", train)
            np.save(f"{work}/test.npy", test)
            sums["gnomon"] = sums.get("gnomon", 0) + sum(ours(bench, work, b, quantile) for b in bins)
        for name, engine in found.items():
            sums[name] = sums.get(name, 0) + sum(peer(engine, train, test, b, quantile) for b in bins)
    return {name: value / n / len(bins) for name, value in sums.items()}, n


def main():
    bench, folder = sys.argv[1:3]
    bins = [int(b) for b in sys.argv[3].split(",")] if len(sys.argv) > 3 else [63]
    print("| set | splits | loss | gnomon | XGBoost | sklearn | gnomon / best peer |")
    print("|---|--:|---|--:|--:|--:|--:|")
    for quantile in (0, .9):
        found, ratios = engines(quantile), []
        for one in sorted(os.listdir(folder)):
            if not glob.glob(f"{folder}/{one}/R*.train.csv"):
                continue
            mean, n = compare(bench, f"{folder}/{one}", bins, quantile, found)
            best = min((mean[p] for p in found), default=None)
            cells = [f"{mean[p]:.5f}" if p in mean else "-" for p in ("gnomon", "XGBoost", "Sklearn")]
            ratios += [mean["gnomon"] / best] if best else []
            print("|", " | ".join([one, str(n), f"pinball {quantile}" if quantile else "RMSE", *cells, f"{mean['gnomon'] / best:.4f}" if best else "-"]), "|", flush=True)
        if ratios:
            print(f"| mean | | {f'pinball {quantile}' if quantile else 'RMSE'} | | | | {sum(ratios) / len(ratios):.4f} |", flush=True)


if __name__ == "__main__":
    main()
