// The few functions of mathematics that an answer needs.

const Z_95 = 1.959963984540054; // the 0.975 quantile of the standard normal distribution

function expit(logOdds) {
  const small = Math.exp(-Math.abs(logOdds));
  return logOdds >= 0 ? 1 / (1 + small) : small / (1 + small);
}

function logit(probability) {
  return Math.log(probability) - Math.log1p(-probability);
}

// The standard normal distribution function, to 1.5e-7: Abramowitz and Stegun, formula 7.1.26.
function normalCdf(z) {
  const t = 1 / (1 + (0.3275911 * Math.abs(z)) / Math.SQRT2);
  const series =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const upper = 0.5 * series * Math.exp(-(z * z) / 2);
  return z >= 0 ? 1 - upper : upper;
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i] * b[i];
  return sum;
}

// v' M v
function quadraticForm(v, M) {
  let sum = 0;
  for (let i = 0; i < v.length; i += 1) if (v[i] !== 0) sum += v[i] * dot(M[i], v);
  return sum;
}

// A measurement and the bends of its restricted cubic spline (Harrell's, as R's rms scales it).
function restrictedCubicSpline(x, knots) {
  const last = knots.length - 1;
  const width = knots[last] - knots[last - 1];
  const cubes = knots.map((knot) => Math.max(x - knot, 0) ** 3 / (knots[last] - knots[0]) ** 2);
  const bends = knots
    .slice(0, -2)
    .map(
      (knot, i) =>
        cubes[i] -
        cubes[last - 1] * ((knots[last] - knot) / width) +
        cubes[last] * ((knots[last - 1] - knot) / width),
    );
  return [x, ...bends];
}

// The lower triangle L with L L' = M, M symmetric and positive definite.
function cholesky(M) {
  const L = M.map((row) => row.map(() => 0));
  for (let i = 0; i < M.length; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let rest = M[i][j];
      for (let k = 0; k < j; k += 1) rest -= L[i][k] * L[j][k];
      L[i][j] = i === j ? Math.sqrt(rest) : rest / L[j][j];
    }
  }
  return L;
}

// y with L y = b
function solveLower(L, b) {
  const y = [];
  for (let i = 0; i < b.length; i += 1) {
    let rest = b[i];
    for (let k = 0; k < i; k += 1) rest -= L[i][k] * y[k];
    y.push(rest / L[i][i]);
  }
  return y;
}

// y with L' y = b
function solveUpper(L, b) {
  const y = b.slice();
  for (let i = b.length - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < b.length; k += 1) y[i] -= L[k][i] * y[k];
    y[i] /= L[i][i];
  }
  return y;
}

// The quantile of a mixture of normal distributions, by bisection.
function mixtureQuantile(share, means, sds, weights) {
  const widths = sds.map((sd) => Math.max(sd, 1e-12));
  let low = Infinity;
  let high = -Infinity;
  means.forEach((mean, i) => {
    low = Math.min(low, mean - 9 * widths[i]);
    high = Math.max(high, mean + 9 * widths[i]);
  });
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    let below = 0;
    for (let i = 0; i < means.length; i += 1) {
      below += weights[i] * normalCdf((middle - means[i]) / widths[i]);
    }
    if (below < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

// The smallest value that at least this share of the weight does not exceed.
function weightedQuantile(share, values, weights) {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  let total = 0;
  const reached = order.map((i) => (total += weights[i]));
  const position = reached.findIndex((weight) => weight >= share * total - 1e-12);
  return values[order[position < 0 ? order.length - 1 : position]];
}

// The quantile of numbers in ascending order, linear between its two neighbours.
function sortedQuantile(share, ascending) {
  const place = share * (ascending.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, ascending.length - 1);
  return ascending[below] + (place - below) * (ascending[above] - ascending[below]);
}

// Every combination that takes one entry of each list.
function combinations(lists) {
  return lists.reduce((made, list) => made.flatMap((head) => list.map((entry) => [...head, entry])), [[]]);
}
