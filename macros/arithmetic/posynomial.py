"""Fit sums of products, robustly and with few data.

A quantity is modeled as a sum of terms; each term is a known constant times unknown positive factors raised
to known powers (a posynomial). The logarithms of the factors are fitted to the logarithm of the quantity by
reweighted least squares (Gauss-Newton). The weights make it a fit of absolute errors, so that a freak
measurement counts little. Every factor has a prior, a value and a spread: a class's deviation from its family
has the prior 1, stays there while data are few and moves when they are many. That is the shrinkage.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Term = tuple[float, tuple[tuple[str, float], ...]]     # constant, ((factor, power), ...)
Prior = Callable[[str], tuple[float, float]]           # factor -> (value, spread of its logarithm)

NOISE = 0.08         # error of a logarithm that counts as usual: a prior of spread s weighs as (NOISE / s)^2 measurements
FLOOR = 0.04         # smaller errors count quadratically, larger ones linearly
ALIKE = 0.7          # correlation of the errors in a group: n rows of one device count as n / (1 + (n - 1) ALIKE)
STEPS = 8            # Gauss-Newton steps at most
CLOSE = 5e-3         # a step of the logarithms that is no longer worth taking
STRIDE = 0.7         # longest step of a logarithm, so that the first ones do not overshoot


@dataclass(frozen=True)
class Row:
    terms: tuple[Term, ...]
    value: float
    group: str       # rows of one group err alike and are left out together


@dataclass(frozen=True)
class Solution:
    """Logarithms of the factors; logarithm of measured / modeled per row, with the row's group in and left out."""

    logs: dict[str, float]
    errors: tuple[float, ...]
    left_out: tuple[float, ...]


def value(terms: Iterable[Term], logs: Mapping[str, float]) -> float:
    """The sum. A factor that no row had counts as 1."""
    return sum(constant * math.exp(sum(logs.get(name, 0.0) * power for name, power in factors)) for constant, factors in terms)


def fit(rows: Sequence[Row], prior: Prior, start: Mapping[str, float] | None = None) -> Solution:
    """Fit the factors to all rows; then what the error of each group would be without it, by one Newton step and no refit.

    `start`: logarithms to begin at, where a similar fit is known.
    """
    logs, lines, matrix = _solution(rows, prior, start)
    inverse = _solve(matrix, [[float(i == j) for j in range(len(logs))] for i in range(len(logs))])
    return Solution(logs, tuple(error for error, _, _ in lines), tuple(_left_out(rows, lines, inverse)))


def factors(rows: Sequence[Row], prior: Prior, start: Mapping[str, float] | None = None) -> dict[str, float]:
    """Logarithms of the factors as fit() finds them, and nothing else."""
    return _solution(rows, prior, start)[0]


def _solution(rows: Sequence[Row], prior: Prior, start: Mapping[str, float] | None) -> tuple[dict[str, float], list[tuple], list[list[float]]]:
    """Logarithms of the factors, (error, slope, weight) of each row, and the matrix of the normal equations, both at the last step."""
    names = sorted({name for row in rows for _, factors in row.terms for name, _ in factors})
    index = {name: i for i, name in enumerate(names)}
    priors = [prior(name) for name in names]
    logs = [(start or {}).get(name, math.log(mean)) for name, (mean, _) in zip(names, priors)]
    terms = [[(constant, [(index[name], power) for name, power in factors]) for constant, factors in row.terms] for row in rows]
    sizes: dict[str, int] = defaultdict(int)
    for row in rows:
        sizes[row.group] += 1
    shares = [1 / (1 + (sizes[row.group] - 1) * ALIKE) for row in rows]

    for _ in range(STEPS):
        matrix = [[0.0] * len(names) for _ in names]
        vector = [0.0] * len(names)
        for i, (mean, spread) in enumerate(priors):
            matrix[i][i] = (NOISE / spread) ** 2
            vector[i] = matrix[i][i] * (math.log(mean) - logs[i])
        lines = []
        for row, parts, share in zip(rows, terms, shares):
            error, slope = _line(row.value, parts, logs)
            weight = share * NOISE / max(abs(error), FLOOR)
            lines.append((error, slope, weight))
            for n, (i, a) in enumerate(slope):
                wa = weight * a
                vector[i] += wa * error
                target = matrix[i]
                for j, b in slope[n:]:
                    target[j] += wa * b
        for i in range(len(names)):
            for j in range(i):
                matrix[i][j] = matrix[j][i]
        step = _solve(matrix, [[x] for x in vector])
        largest = max(abs(x) for x, in step)
        scale = min(1.0, STRIDE / largest) if largest else 1.0
        logs = [x + scale * s for x, (s,) in zip(logs, step)]
        if largest < CLOSE:
            break
    return dict(zip(names, logs)), lines, matrix


def _line(measured: float, parts, logs: list[float]) -> tuple[float, list[tuple[int, float]]]:
    """Logarithm of measured / modeled, and how the modeled logarithm moves with each factor it has."""
    values = [constant * math.exp(sum(logs[i] * power for i, power in factors)) for constant, factors in parts]
    total = sum(values)
    slope: dict[int, float] = defaultdict(float)
    for part, (_, factors) in zip(values, parts):
        for i, power in factors:
            slope[i] += part / total * power
    return math.log(measured / total), sorted(slope.items())


def _left_out(rows: Sequence[Row], lines, inverse: list[list[float]]) -> list[float]:
    """Errors after the row's group is taken out of the normal equations.

    With B and v the group's part of matrix and vector and C the inverse of the matrix, all restricted to the
    few factors the group touches, the solution moves by y = -(I - C B)^-1 C v (Sherman-Morrison-Woodbury).
    """
    members: dict[str, list[int]] = defaultdict(list)
    for k, row in enumerate(rows):
        members[row.group].append(k)
    errors = [0.0] * len(rows)
    for group in members.values():
        touched = sorted({i for k in group for i, _ in lines[k][1]})
        place = {i: n for n, i in enumerate(touched)}
        size = range(len(touched))
        b = [[0.0] * len(touched) for _ in size]
        v = [0.0] * len(touched)
        for k in group:
            error, slope, weight = lines[k]
            for i, x in slope:
                v[place[i]] += weight * x * error
                for j, y in slope:
                    b[place[i]][place[j]] += weight * x * y
        c = [[inverse[i][j] for j in touched] for i in touched]
        left = [[(i == j) - sum(c[i][m] * b[m][j] for m in size) for j in size] for i in size]
        change = _solve(left, [[-sum(c[i][m] * v[m] for m in size)] for i in size])
        for k in group:
            error, slope, _ = lines[k]
            errors[k] = error - sum(x * change[place[i]][0] for i, x in slope)
    return errors


def _solve(matrix: list[list[float]], right: list[list[float]]) -> list[list[float]]:
    """Solution of matrix x = right, one column each, by elimination with pivoting."""
    n = len(matrix)
    rows = [line + extra for line, extra in zip(matrix, right)]
    for i in range(n):
        best = max(range(i, n), key=lambda k: abs(rows[k][i]))
        rows[i], rows[best] = rows[best], rows[i]
        head = rows[i][i:]
        for k in range(i + 1, n):
            factor = rows[k][i] / head[0]
            if factor:
                rows[k][i:] = [x - factor * y for x, y in zip(rows[k][i:], head)]
    for i in reversed(range(n)):
        rows[i][n:] = [x / rows[i][i] for x in rows[i][n:]]
        for k in range(i):
            factor = rows[k][i]
            if factor:
                rows[k][n:] = [x - factor * y for x, y in zip(rows[k][n:], rows[i][n:])]
    return [line[n:] for line in rows]
