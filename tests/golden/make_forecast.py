#!/usr/bin/env python3
"""Independent Theta and ridge on small series, standard library only. Writes theta.csv and ridge.csv beside itself.

theta.csv: case,season,kind,i,value  (kind y: input, empty = not observed; kind f: forecast)
ridge.csv: section,i,j,value         (x: rows x columns; z, w: target and weight; b: solution with intercept first; d: deviation of a second set)
"""
import csv, math, os

HERE = os.path.dirname(os.path.abspath(__file__))


class Generator:
    """A plain linear congruential generator, so that the files can be made anywhere."""
    def __init__(self, seed):
        self.state = seed

    def unit(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        return (self.state >> 11) / 2 ** 53


def theta(values, season, window, horizon):
    values = values[-window:]
    while values and values[0] is None:
        values = values[1:]
    n = len(values)
    seen = [v for v in values if v is not None]
    overall = math.fsum(seen) / len(seen)
    index = []
    for phase in range(season):
        group = [v for i, v in enumerate(values) if i % season == phase and v is not None]
        index.append(math.fsum(group) / len(group) / overall)
    flat = [None if v is None else v / index[i % season] for i, v in enumerate(values)]
    points = [(i, v) for i, v in enumerate(flat) if v is not None]
    mean_x = math.fsum(i for i, _ in points) / len(points)
    mean_y = math.fsum(v for _, v in points) / len(points)
    slope = math.fsum((i - mean_x) * (v - mean_y) for i, v in points) / math.fsum((i - mean_x) ** 2 for i, _ in points)
    best = None
    for alpha in (.02, .05, .1, .2, .35, .5):
        level, cost = points[0][1], 0.0
        for _, v in points[1:]:
            cost += (v - level) ** 2
            level = alpha * v + (1 - alpha) * level
        if best is None or cost < best[0]:
            best = (cost, alpha, level)
    _, alpha, level = best
    out = []
    for h in range(1, horizon + 1):
        drift = slope / 2 * (h - 1 + (1 - (1 - alpha) ** n) / alpha)
        out.append(max(0.0, (level + drift) * index[(n + h - 1) % season]))
    return out


def theta_cases():
    g = Generator(1)
    week = [1.0, .8, .9, 1.0, 1.3, 1.6, .4]
    daily = [100 * week[i % 7] * (1 + .001 * i) * (1 + .2 * (g.unit() - .5)) for i in range(420)]
    yield "daily", 7, 364, daily, 28
    gaps = [None if i % 17 == 3 or i < 11 else v for i, v in enumerate(daily[:150])]
    yield "gaps", 7, 364, gaps, 14
    weekly = [500 + 80 * math.sin(i * 2 * math.pi / 52) - .7 * i + 30 * (g.unit() - .5) for i in range(150)]
    yield "weekly", 52, 143, weekly, 8
    yield "falling", 7, 364, [max(0.0, 60 - .5 * i) + g.unit() for i in range(119)], 28


def solve(matrix, right):
    """Gaussian elimination with partial pivoting."""
    n = len(right)
    a = [row[:] + [right[i]] for i, row in enumerate(matrix)]
    for c in range(n):
        pivot = max(range(c, n), key=lambda r: abs(a[r][c]))
        a[c], a[pivot] = a[pivot], a[c]
        for r in range(c + 1, n):
            f = a[r][c] / a[c][c]
            for k in range(c, n + 1):
                a[r][k] -= f * a[c][k]
    x = [0.0] * n
    for r in range(n - 1, -1, -1):
        x[r] = (a[r][n] - math.fsum(a[r][k] * x[k] for k in range(r + 1, n))) / a[r][r]
    return x


def ridge(rows, z, w, lam):
    p, total = len(rows[0]), math.fsum(w)
    mean = [math.fsum(wi * r[j] for wi, r in zip(w, rows)) / total for j in range(p)]
    middle = math.fsum(wi * zi for wi, zi in zip(w, z)) / total
    gram = [[math.fsum(wi * (r[i] - mean[i]) * (r[j] - mean[j]) for wi, r in zip(w, rows)) + (lam * total if i == j else 0)
             for j in range(p)] for i in range(p)]
    right = [math.fsum(wi * (r[j] - mean[j]) * (zi - middle) for wi, r, zi in zip(w, rows, z)) for j in range(p)]
    beta = solve(gram, right)
    return [middle - math.fsum(b * m for b, m in zip(beta, mean))] + beta


def deviation(rows, z, w, beta, mu):
    p, total = len(beta), math.fsum(w)
    full = [[1.0] + r for r in rows]
    rest = [zi - math.fsum(b * v for b, v in zip(beta, r)) for zi, r in zip(z, full)]
    gram = [[math.fsum(wi * r[i] * r[j] for wi, r in zip(w, full)) + (mu * total if i == j else 0) for j in range(p)] for i in range(p)]
    return solve(gram, [math.fsum(wi * r[i] * e for wi, r, e in zip(w, full, rest)) for i in range(p)])


def ridge_case():
    g = Generator(2)
    n, p = 60, 5
    rows = [[round(g.unit() * 4 - 2, 4) for _ in range(p)] for _ in range(n)]
    z = [round(.3 + .5 * r[0] - .2 * r[1] + .1 * r[3] + .2 * (g.unit() - .5), 5) for r in rows]
    w = [2.0 ** -((i * 7 % 16) / 8) for i in range(n)]
    beta = ridge(rows[:40], z[:40], w[:40], .03)
    return rows, z, w, beta, deviation(rows[40:], z[40:], w[40:], beta, .3)


def main():
    with open(os.path.join(HERE, "theta.csv"), "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(["case", "season", "kind", "i", "value"])
        for name, season, window, values, horizon in theta_cases():
            for i, v in enumerate(values):
                out.writerow([name, season, "y", i, "" if v is None else repr(v)])
            for i, v in enumerate(theta(values, season, window, horizon)):
                out.writerow([name, season, "f", i, repr(v)])
    rows, z, w, beta, delta = ridge_case()
    with open(os.path.join(HERE, "ridge.csv"), "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(["section", "i", "j", "value"])
        for i, r in enumerate(rows):
            for j, v in enumerate(r):
                out.writerow(["x", i, j, repr(v)])
            out.writerow(["z", i, 0, repr(z[i])])
            out.writerow(["w", i, 0, repr(w[i])])
        for name, values in (("b", beta), ("d", delta)):
            for j, v in enumerate(values):
                out.writerow([name, 0, j, repr(v)])


if __name__ == "__main__":
    main()
