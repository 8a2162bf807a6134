"""Reference tails for packages/stats: python3 generate.py > tails.json   (mpmath 1.3.0, under a minute)

Every input is a double, taken at its exact value. Every output has 32 significant digits and was computed at 70, as a sum
of positive terms from the boundary outwards (ratio recurrences), never by the methods of the library: no double-double,
no quadrature, no continued fraction. Each family is checked against a second route before anything is written (exact
integers, mpmath's betainc, Legendre's fraction, the other tail's own sum, numerical integration).
"""

import json
import sys
from fractions import Fraction
from math import ceil, comb, floor, sqrt

import mpmath
from mpmath import mp, mpf

mp.dps = 70
TINY = mpf(10) ** -75


def text(x):
    return mpmath.nstr(x, 32, strip_zeros=True, min_fixed=0, max_fixed=0) if x else "0"


# Binomial


def ln_pmf(k, n, p, q):
    powers = k * ln_of(p) + (n - k) * ln_of(q)
    if k in (0, n):
        return powers
    return mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1) + powers


def ln_of(pair):
    """ln of a probability given as (itself, its complement): through log1p, because 1 - 1e-300 needs 300 digits."""
    return mp.log(pair[0]) if pair[0] < 0.5 else mp.log1p(-pair[1])


def sum_from(k, n, p, q):
    """P[X >= k] for k > np, by summing pmf(k) (1 + r1 + r1 r2 + ...)."""
    odds = p[0] / q[0]
    term = total = mpf(1)
    for i in range(k, n):
        term = term * (n - i) * odds / (i + 1)
        total += term
        if term < total * TINY:
            break
    return ln_pmf(k, n, p, q) + mp.log(total)


def upper(k, n, p, q):
    if k == 0:
        return mpf(0)
    if k > n:
        return mpf("-inf")
    if k > n * p[0]:
        return sum_from(k, n, p, q)
    return mp.log1p(-mp.exp(sum_from(n - k + 1, n, q, p)))


def sides(p):
    return (p, 1 - p), (1 - p, p)


def binomial_upper(k, n, p):
    return upper(k, n, *sides(p))


def binomial_lower(k, n, p):
    p, q = sides(p)
    return upper(n - k, n, q, p)


def binomial_exact(k, n, p):
    """ln P[X >= k] from exact integers."""
    num, den = Fraction(p).numerator, Fraction(p).denominator
    total = sum(comb(n, i) * num**i * (den - num) ** (n - i) for i in range(k, n + 1))
    return mp.log(mpf(total)) - n * mp.log(mpf(den))


def binomial_rows():
    gammas = [0.5, 0.25, 3 / 16, 77 / 256, 1 / 256, 0.1, 0.3, 1e-9, 1 - 1e-9, 0.9, 1e-300]
    sizes = [1, 2, 7, 30, 100, 400, 1000, 3000, 10_000, 100_000, 1_000_000]
    zs = [-30, -6, -1, 0, 1, 3, 8, 20, 45, 150, 440]
    rows = []

    def row(n, p, k):
        rows.append([n, p, k, text(binomial_upper(k, n, mpf(p))), text(binomial_lower(k, n, mpf(p)))])

    for n in sizes:
        for p in gammas:
            mean, sd = n * p, sqrt(n * p * (1 - p))
            ks = {floor(mean + z * sd) for z in zs} | {1, ceil(mean), n - 1, n}
            for k in sorted(k for k in ks if 0 <= k <= n):
                row(n, p, k)
    for n, p, zs in [
        (10_000_000, 0.25, [-5, 0.5, 4, 30, 440]),
        (10_000_000, 1 / 256, [2, 100]),
        (1_000_000_000, 0.25, [6, 30, 440]),
        (1_000_000_000, 0.1, [10, -10]),
        (1_000_000_000, 1e-9, [0, 3, 50]),
        (1_000_000_000_000, 1e-9, [-4, 3, 30]),
    ]:
        for z in zs:
            row(n, p, floor(n * p + z * sqrt(n * p * (1 - p))))
    for k, p in [(300, 0.25), (400, 0.25), (412, 0.25), (414, 0.25), (500, 0.25), (700, 0.25), (900, 0.25)]:
        row(1000, p, k)
    row(20_000, 0.25, 6000)

    for n, p, k in [(30, 0.1, 9), (400, 0.3, 200), (1000, 0.25, 900), (3000, 77 / 256, 850), (1000, 1 - 1e-9, 999)]:
        assert abs(binomial_upper(k, n, mpf(p)) - binomial_exact(k, n, p)) < mpf(10) ** -55, (n, p, k)
    for n, p, k in [(1000, 0.3, 350), (10_000, 0.25, 2600), (10_000, 0.1, 1200)]:
        by_beta = mp.log(mp.betainc(k, n - k + 1, 0, mpf(p), regularized=True))
        assert abs(binomial_upper(k, n, mpf(p)) - by_beta) < mpf(10) ** -50, (n, p, k)
    return rows


# Gamma


def ln_power(x, a, b):
    """ln(x^a e^-x / Gamma(b))"""
    return a * mp.log(x) - x - mp.loggamma(b)


def gamma_upper(x, a):
    """ln of x^(a-1) e^-x / Gamma(a) (1 + (a-1)/x + (a-1)(a-2)/x^2 + ...), down to a shape in (0, 1]."""
    if a <= 1:
        return mp.log(mp.gammainc(a, x, mp.inf, regularized=True))
    term = total = mpf(1)
    b = a - 1
    while b > 1:
        term = term * b / x
        total += term
        b -= 1
        if term < total * TINY:
            return ln_power(x, a - 1, a) + mp.log(total)
    # Q(b, x) with b in (0, 1], on the same scale.
    rest = mp.gammainc(b, x, mp.inf, regularized=True) * mp.exp(-ln_power(x, a - 1, a))
    return ln_power(x, a - 1, a) + mp.log(total + rest)


def gamma_lower(x, a):
    term = total = mpf(1)
    i = 1
    while term > total * TINY:
        term = term * x / (a + i)
        total += term
        i += 1
    return ln_power(x, a, a + 1) + mp.log(total)


def gamma_both(x, a):
    if x > a or (a < 1 and x > mpf(10) ** -30):
        upper = gamma_upper(x, a)
        return upper, (mp.log1p(-mp.exp(upper)) if x > 1 else gamma_lower(x, a))
    lower = gamma_lower(x, a)
    return mp.log1p(-mp.exp(lower)), lower


def legendre_fraction(x, a, depth):
    value = mpf(0)
    for i in range(depth, 0, -1):
        value = i * (a - i) / (x + 1 - a + 2 * i + value)
    return ln_power(x, a, a) - mp.log(x + 1 - a + value)


def gamma_rows():
    shapes = [1e-10, 1e-3, 0.1, 0.5, 0.75, 0.9, 1, 1.21951219512, 2.5, 10, 100.7, 250, 834, 1e3, 1e4, 1e5, 1e6]
    ratios = [0.05, 0.5, 0.8, 0.95, 0.99, 1, 1.001, 1.01, 1.1, 1.25, 1.4, 1.5, 2, 3, 5]
    zs = [-5, -1, -0.1, 0.1, 1, 2, 5, 30]
    rows = []

    def row(x, a):
        upper, lower = gamma_both(mpf(x), mpf(a))
        rows.append([x, a, text(upper), text(lower)])

    for a in shapes:
        xs = {a * r for r in ratios} | {a + z * sqrt(a) for z in zs}
        if a < 20:
            xs |= {1e-20, 1e-8, 1e-2, 0.3, 0.5, 0.56, 0.99, 1, 1.5, 3, 12, 30, 700, 1e5}
        for x in sorted(x for x in xs if x > 0):
            row(x, a)
    for x, a in [(1001, 834), (1000, 833), (1400, 1000)]:
        row(x, a)
    for x in [9_980_000, 10_000_000, 10_010_000, 12_000_000]:
        row(x, 1e7)

    check_gamma()
    return rows


def check_gamma():
    # The fraction, at a depth that its terms need, against the sums.
    for x, a in [(1400, 1000), (140, 100.7), (30, 10), (3, 0.5), (1.5, 1e-10), (12, 1.21951219512)]:
        x, a = mpf(x), mpf(a)
        depth = 6000
        deep = legendre_fraction(x, a, depth)
        assert abs(deep - legendre_fraction(x, a, 2 * depth)) < mpf(10) ** -45, (x, a)
        assert abs(deep - gamma_upper(x, a)) < mpf(10) ** -45, (x, a)
    # The two tails come from separate sums and must add up to 1.
    for x, a in [(1050, 1000), (101, 100.7), (1.3, 1), (100_400, 100_000)]:
        x, a = mpf(x), mpf(a)
        assert abs(mp.exp(gamma_upper(x, a)) + mp.exp(gamma_lower(x, a)) - 1) < mpf(10) ** -55, (x, a)
    # Tiny shapes: Q(a, x) / a -> E1(x).
    assert abs(mp.exp(gamma_upper(mpf("0.5"), mpf(10) ** -40)) * mpf(10) ** 40 - mp.e1(mpf("0.5"))) < mpf(10) ** -25


# Normal


def normal_upper(z):
    if z < 0:
        return mp.log1p(-mp.exp(normal_upper(-z)))
    return mp.log(mp.erfc(z / mp.sqrt(2)) / 2)


def normal_rows():
    zs = [-40, -38.5, -20, -8.3, -5, -2, -1, -0.3, -1e-10, 0, 1e-10, 0.1, 0.5, 0.7, 1, 1.5, 2, 2.7, 3, 4.4, 5, 6, 8, 10]
    zs += [12.3, 16, 20, 25.5, 30, 37.5, 38.6, 40, 50, 60.1, 77.7, 100, 150, 200, 300.3, 447.2, 450, 1e4, 1e8]
    for z in [1, 5, 40]:
        mills = mp.quad(lambda u: mp.exp(-u * (z + u / 2)), [0, 1, 4, 10, 25, 60])
        assert abs(normal_upper(mpf(z)) - (mp.log(mills) - mpf(z) ** 2 / 2 - mp.log(2 * mp.pi) / 2)) < mpf(10) ** -50, z
    return [[z, text(normal_upper(mpf(z)))] for z in zs]


def quantile_rows():
    rows = []
    lnps = [-1e-300, -1e-100, -1e-20, -1e-5, -0.01, -0.1, -0.5, -0.69, -0.7, -1, -2, -3, -10, -30, -100, -745.2]
    for lnp in lnps + [-1e3, -1e4, -1e5, -1e10]:
        target = mpf(lnp)
        if lnp > -0.69:
            target = mp.log(-mp.expm1(target))  # the lower tail's own log
        z = mp.sqrt(-2 * target)
        for _ in range(60):
            z -= (normal_upper(z) - target) / (-mp.exp(-z * z / 2 - mp.log(2 * mp.pi) / 2 - normal_upper(z)))
        assert abs(normal_upper(z) - target) < mpf(10) ** -50 * max(1, abs(target)), lnp
        rows.append([lnp, text(-z if lnp > -0.69 else z)])
    return rows


def ln_gamma_rows():
    xs = [5e-324, 1e-300, 1e-10, 0.01, 0.3, 0.5, 0.75, 1 - 1e-10, 1, 1 + 1e-10, 1.2, 1.4616321449683622, 1.5, 1.9]
    xs += [2 - 1e-9, 2, 2 + 1e-9, 2.3, 2.5, 3, 4.7, 10, 15.999, 16, 16.001, 33.3, 101, 1e3, 12345.678, 1e6, 1e9, 1e15]
    return [[x, text(mp.loggamma(mpf(x)))] for x in xs]


def main():
    families = {
        "binomial": ("n, p, k, ln P[X >= k], ln P[X <= k]", binomial_rows()),
        "gamma": ("x, shape, ln P[X >= x], ln P[X <= x]", gamma_rows()),
        "normal": ("z, ln P[Z >= z]", normal_rows()),
        "quantile": ("ln p, z", quantile_rows()),
        "lnGamma": ("x, ln Gamma(x)", ln_gamma_rows()),
    }
    out = ["{"]
    out.append('"source": "sums of exact terms at 70 digits; inputs are doubles at their exact values",')
    out.append(f'"generator": "packages/stats/test/vectors/generate.py, mpmath {mpmath.__version__}",')
    for i, (name, (columns, rows)) in enumerate(families.items()):
        body = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
        comma = "," if i < len(families) - 1 else ""
        out.append(f'"{name}": {{ "columns": "{columns}", "rows": [\n{body}\n]}}{comma}')
    out.append("}")
    print("\n".join(out))
    print({name: len(rows) for name, (_, rows) in families.items()}, file=sys.stderr)


if __name__ == "__main__":
    main()
