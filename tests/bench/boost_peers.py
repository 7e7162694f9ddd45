#!/usr/bin/python3
"""Seeded workloads, the peers that train on them, and the table of results, for boost.sh.

boost_peers.py generate small|medium|large FOLDER SEED    writes train/test .npy (float32, target first) and, for small, the same numbers as CSV
boost_peers.py train xgboost|sklearn FOLDER [--bins N] [--quantile Q] [--native]    one line of JSON with the names of bench-boost
boost_peers.py table FILE                                 a markdown table from lines of JSON that also hold group, engine and seed
"""
import argparse
import json
import os
import time

SHAPES = {"small": (30, 667, 167, 40), "medium": (500, 1000, 200, 60), "large": (5000, 1000, 50, 40)}   # businesses, days to learn, to test, inputs
CATEGORIES = [0, 1, 2, 3]        # weekday, month, week, business
TREES, LEAVES, RATE, MIN_LEAF = 200, 31, 0.1, 20
WARM = 60                        # days before the first row, so that lags and means exist


# ---- workloads ----

def drifting(np, rng, days, n, keep, spread):
    """n series that return to zero, each day keeping a part of the day before."""
    shock, out = spread * rng.standard_normal((days, n)), np.zeros((days, n))
    for d in range(1, days):
        out[d] = keep * out[d - 1] + shock[d]
    return out


def surroundings(np, rng, days, regions):
    """What moves every business: calendar, weather of a region, economy."""
    day = np.arange(days)
    season = np.sin(2 * np.pi * (day - 105) / 365.25)[:, None]
    s = dict(weekday=day % 7, month=(day % 365) * 12 // 365, week=np.minimum(day % 365 // 7, 52))
    s["temperature"] = 10 + 10 * season + drifting(np, rng, days, regions, .75, 2.2)
    s["rain"] = np.maximum(0, drifting(np, rng, days, regions, .5, 2.0) - .5) ** 1.7       # mostly none, sometimes very much
    s["sunshine"] = np.clip(7 + 5 * season - 1.5 * np.sqrt(s["rain"]) + rng.normal(0, 1.5, (days, regions)), 0, 16)
    s["wind"] = 1.5 + np.abs(drifting(np, rng, days, regions, .6, 3.0))
    s["event"] = rng.pareto(2.5, (days, regions)) * (rng.random((days, regions)) < .12)
    s["holiday"] = (rng.random(days) < .03).astype(float)
    left = np.full(days, 40.0)
    for d in range(days - 2, -1, -1):
        left[d] = 0 if s["holiday"][d] else min(40.0, left[d + 1] + 1)
    s["until_holiday"] = left
    s["school_holiday"] = (day % 93 < 13).astype(float)
    s["inflation"] = 2 + drifting(np, rng, days, 1, .97, .25)[:, 0]    # a rate: a level would leave its range in the test, where trees only guess
    s["crisis"] = np.exp(drifting(np, rng, days, 1, .93, .35)[:, 0])
    s["mood"] = drifting(np, rng, days, 1, .96, .3)[:, 0]
    return s


def activity(np, rng, s, days, n, region):
    """Daily activity around 100 for each business: habits of its own, products of what happens, noise with a tail, momentum."""
    habit = rng.normal(0, .25, (7, n)) - (np.arange(7) == 6)[:, None] * rng.exponential(.5, n)
    kind, warmth, comfort = rng.integers(0, 5, n), rng.normal(.012, .008, n), rng.normal(18, 4, n)
    dry, fair, off, dear = rng.normal(.06, .05, n), rng.gamma(2, .06, n), rng.normal(-.35, .3, n), rng.normal(.6, .5, n)
    out, momentum = np.empty((days, n)), np.zeros(n)
    weekend = s["weekday"] >= 5
    for d in range(days):
        heat, wet = s["temperature"][d, region], np.minimum(s["rain"][d, region], 5)
        level = habit[s["weekday"][d]] + .12 * np.sin(2 * np.pi * (d + 60 * kind) / 365.25) - .08 * warmth * (heat - comfort) ** 2
        level += fair * np.minimum(s["event"][d, region], 4) * (1 + weekend[d] * (heat > 15)) - dry * wet * (1 + weekend[d])
        level += off * s["holiday"][d] + .12 * s["school_holiday"][d] * np.where(kind < 2, 1, -1)
        level += .03 * s["mood"][d] - .1 * np.maximum(s["crisis"][d] - 1.8, 0) - .05 * dear * (s["inflation"][d] - 2) - 3e-5 * d * (kind - 2)
        momentum = .6 * momentum + rng.normal(0, .08, n)
        out[d] = 100 * np.exp(level + momentum + .09 * rng.standard_t(4, n))
    return np.clip(out, 0, 5000)


def inputs(np, rng, s, y, region, count):
    """Columns of days x businesses, one at a time: the known, the past, then noise of several shapes and blurred copies."""
    days, n = y.shape
    wide = lambda v: np.repeat(np.asarray(v, float)[:, None], n, 1)
    local = lambda v: v[:, region]
    for name in ("weekday", "month", "week"):
        yield wide(s[name])
    yield np.repeat(np.arange(n)[None, :] % 256, days, 0)
    for name in ("holiday", "school_holiday", "until_holiday", "inflation", "crisis", "mood"):
        yield wide(s[name])
    for name in ("temperature", "rain", "sunshine", "wind", "event"):
        yield local(s[name])
    past = lambda k: np.vstack([np.full((k, n), np.nan), y[:-k]])
    total = np.vstack([np.zeros((1, n)), np.cumsum(y, 0)])
    mean = lambda k: np.vstack([np.full((k, n), np.nan), (total[k:-1] - total[:-k - 1]) / k])
    for k in (1, 2, 3, 7, 14, 21, 28):
        yield past(k)
    yield mean(7)
    yield mean(28)
    yield mean(7) / mean(28)
    yield (past(7) + past(14) + past(21) + past(28)) / 4
    for i in range(26, count):
        yield (rng.lognormal(0, 1.6, (days, n)), rng.standard_t(2, (days, n)), rng.normal(0, 1, (days, n)), rng.integers(0, 9, (days, n)).astype(float),
               local(s["temperature"]) + rng.normal(0, 4, (days, n)))[i % 5]


def generate(name, folder, seed):
    import numpy as np
    n, learn, test, count = SHAPES[name]
    rng, days = np.random.default_rng([seed, n]), WARM + learn + test
    regions = max(3, n // 20)
    region = rng.integers(0, regions, n)
    s = surroundings(np, rng, days, regions)
    y = activity(np, rng, s, days, n, region)
    table = np.empty((learn + test, n, count + 1), np.float32)      # rows in order of time
    table[:, :, 0] = np.round(y[WARM:], 3)
    for j, column in enumerate(inputs(np, rng, s, y, region, count)):
        column = np.clip(np.round(column[WARM:], 3), -9999, 9999)   # six or seven digits, so that text and float hold the same number
        if j >= 7:
            column[rng.random(column.shape) < (.2 if j % 3 == 0 else .05)] = np.nan
        table[:, :, j + 1] = column
    os.makedirs(folder, exist_ok=True)
    for part, rows in (("train", table[:learn]), ("test", table[learn:])):
        rows = rows.reshape(-1, count + 1)
        np.save(f"{folder}/{part}.npy", rows)
        if name == "small":
            pattern = ",".join(["%.7g"] * (count + 1)) + "\n"
            with open(f"{folder}/{part}.csv", "w") as f:
                f.writelines(pattern % tuple(row) for row in rows.tolist())


# ---- peers ----

class XGBoost:
    def __init__(self, options):
        import xgboost
        self.lib, self.o = xgboost, options
        if options.quantile:
            raise SystemExit("xgboost 1.7 has no quantile loss")

    def bin(self, x, y):
        kinds = dict(feature_types=["c" if j in CATEGORIES else "q" for j in range(x.shape[1])], enable_categorical=True) if self.o.native else {}
        self.matrix = self.lib.QuantileDMatrix(x, y, max_bin=self.o.bins + 1, nthread=1, **kinds)

    def train(self, x, y):
        settings = dict(tree_method="hist", grow_policy="lossguide", max_leaves=LEAVES, max_depth=0, eta=RATE, max_bin=self.o.bins + 1, reg_lambda=0,
                        min_child_weight=MIN_LEAF, nthread=1, objective="reg:squarederror")
        self.model = self.lib.train(settings, self.matrix, TREES)

    def save(self, path):
        self.path = path + ".ubj"
        self.model.save_model(self.path)
        return self.path

    def load(self, path):
        self.lib.Booster({"nthread": 1}).load_model(path)

    def predict(self, x):
        return self.model.inplace_predict(x)


class Sklearn:
    def __init__(self, options):
        from sklearn.ensemble import HistGradientBoostingRegressor
        self.model = HistGradientBoostingRegressor(
            loss="quantile" if options.quantile else "squared_error", quantile=options.quantile or None, max_iter=TREES, max_leaf_nodes=LEAVES, learning_rate=RATE,
            max_bins=options.bins, min_samples_leaf=MIN_LEAF, early_stopping=False, categorical_features=CATEGORIES if options.native else None)

    def bin(self, x, y):
        pass                     # part of fit

    def train(self, x, y):
        self.model.fit(x, y)

    def save(self, path):
        import pickle
        with open(path, "wb") as f:
            pickle.dump(self.model, f)
        return path

    def load(self, path):
        import pickle
        with open(path, "rb") as f:
            pickle.load(f)

    def predict(self, x):
        return self.model.predict(x)


def memory(field):
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith(field + ":"))


def start_peak():
    with open("/proc/self/clear_refs", "w") as f:
        f.write("5")


def repeated(action, seconds):
    """CPU seconds of one call, over at least two."""
    action()
    start, n = time.process_time(), 0
    while n < 2 or time.process_time() - start < seconds:
        action()
        n += 1
    return (time.process_time() - start) / n


def train(engine, folder, options):
    import numpy as np
    peer = {"xgboost": XGBoost, "sklearn": Sklearn}[engine](options)
    part = {}
    for name in ("train", "test"):
        table = np.load(f"{folder}/{name}.npy")
        part[name] = np.ascontiguousarray(table[:, 1:]), table[:, 0].copy()
        del table
    x, y = part["train"]
    first = memory("VmHWM")
    start_peak()
    held, t = memory("VmRSS"), time.process_time()
    peer.bin(x, y)
    binned = time.process_time()
    peer.train(x, y)
    r = dict(bin_cpu_s=binned - t, train_cpu_s=time.process_time() - binned)
    r["peak_net_bytes"] = memory("VmHWM") - held         # what training takes on top of Python, the library and the data
    r["peak_bytes"] = max(first, memory("VmHWM"))
    path = peer.save(f"{folder}/{engine}.model")
    r["model_bytes"] = os.path.getsize(path)
    r["load_s"] = repeated(lambda: peer.load(path), .05)
    x, y = part["test"]
    r["predict_one_s"] = repeated(lambda: peer.predict(x[:1]), .1)
    r["predict_rows_per_s"] = len(x) / repeated(lambda: peer.predict(x), .1)
    quantile = options.quantile or .5
    e = y.astype(float) - peer.predict(x)
    r.update(rmse=float(np.sqrt((e * e).mean())), mae=float(abs(e).mean()), pinball=float(np.maximum(quantile * e, (quantile - 1) * e).mean()),
             pinball_quantile=quantile, coverage=float((e < 0).mean()))
    print(json.dumps(r))


# ---- the table ----

def mean(runs, key):
    values = [r[key] for r in runs if r.get(key) is not None]
    return sum(values) / len(values) if values else None


def shown(value, scale, digits):
    return "-" if value is None else f"{value * scale:.{digits}f}"


def cpu(runs):
    return mean(runs, "bin_cpu_s") + mean(runs, "train_cpu_s")


def versus(runs, peers, key):
    """The mean beside the best of the peers' means."""
    best = min((mean(p, key) for p in peers), default=None)
    return shown(mean(runs, key) / best if best else None, 1, 4)


def table(path):
    groups = {}
    with open(path) as f:
        for line in f:
            r = json.loads(line)
            groups.setdefault(r["group"], {}).setdefault(r["engine"], []).append(r)
    print("| workload | engine | runs | RMSE | / best peer | pinball | / best peer | CPU s | / XGBoost | / sklearn | CSV to floats s | instructions of boosting, G | CSV to model, G |"
          " peak MiB | net of data MiB | model kB | load ms | one us | rows/s |")
    print("|---|---|" + "--:|" * 17)
    for group, engines in groups.items():
        for engine, runs in engines.items():
            peers = [p for name, p in engines.items() if name not in (engine, "gnomon")] if engine == "gnomon" else []
            against = [shown(cpu(runs) / cpu(engines[p]) if engine != p and p in engines else None, 1, 3) for p in ("xgboost", "sklearn")]
            quantile = next(r["pinball_quantile"] for r in runs if "rmse" in r)
            accurate = versus(runs, peers, "rmse") if quantile == .5 else "-"       # a quantile is not meant to be near the mean
            cells = [group, engine, sum("rmse" in r for r in runs), shown(mean(runs, "rmse"), 1, 4), accurate,
                     f"{shown(mean(runs, 'pinball'), 1, 4)} at {quantile:g}", versus(runs, peers, "pinball"), shown(cpu(runs), 1, 3), *against,
                     shown(mean(runs, "read_cpu_s") if group.startswith("small") else None, 1, 3), shown(mean(runs, "boost_instructions"), 1e-9, 2),
                     shown(mean(runs, "all_instructions"), 1e-9, 2), shown(mean(runs, "peak_bytes"), 2.0 ** -20, 1),
                     shown(mean(runs, "peak_net_bytes"), 2.0 ** -20, 1), shown(mean(runs, "model_bytes"), 1e-3, 1), shown(mean(runs, "load_s"), 1e3, 3),
                     shown(mean(runs, "predict_one_s"), 1e6, 2), shown(mean(runs, "predict_rows_per_s"), 1, 0)]
            print("| " + " | ".join(map(str, cells)) + " |")


def main():
    parser = argparse.ArgumentParser()
    command = parser.add_subparsers(dest="command", required=True)
    p = command.add_parser("generate")
    p.add_argument("name", choices=SHAPES)
    p.add_argument("folder")
    p.add_argument("seed", type=int)
    p = command.add_parser("train")
    p.add_argument("engine", choices=("xgboost", "sklearn"))
    p.add_argument("folder")
    p.add_argument("--bins", type=int, default=255)
    p.add_argument("--quantile", type=float, default=0.0)
    p.add_argument("--native", action="store_true")
    p = command.add_parser("table")
    p.add_argument("file")
    o = parser.parse_args()
    if o.command == "generate":
        generate(o.name, o.folder, o.seed)
    elif o.command == "train":
        train(o.engine, o.folder, o)
    else:
        table(o.file)


if __name__ == "__main__":
    main()
