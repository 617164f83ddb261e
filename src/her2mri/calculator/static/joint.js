// What a missing input probably is, given the others: the bundle's pairwise model of its inputs.

const MOST_POINTS = 20000;
const MOST_MEASUREMENTS = 3;

// The lesions that `x` may be, and their weights, which sum to 1; null where they are too many to average over.
// A gap is {columns, isCategory}. `nodes` holds, by number of missing measurements, the nodes and weights of
// the Gauss-Hermite rule in one dimension.
function completions(joint, x, gaps, nodes) {
  const categories = gaps.filter((gap) => gap.isCategory).map((gap) => gap.columns);
  const measured = gaps.filter((gap) => !gap.isCategory).map((gap) => gap.columns[0]);
  if (measured.length > MOST_MEASUREMENTS) return null;
  const grid = quadrature(measured.length, nodes);
  const size = categories.reduce((product, columns) => product * (columns.length + 1), grid.nodes.length);
  if (size > MOST_POINTS) return null;
  const states = statesOf(x, categories).map((state) => described(joint, state, measured));
  const largest = Math.max(...states.map((state) => state.logWeight));
  const raw = states.map((state) => Math.exp(state.logWeight - largest));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  const lesions = [];
  const weights = [];
  states.forEach((state, i) => {
    grid.nodes.forEach((node, k) => {
      lesions.push(state.at(node));
      weights.push((raw[i] / total) * grid.weights[k]);
    });
  });
  return { lesions, weights };
}

// The log-weight of a lesion with its missing measurements integrated out, and the lesion at a node.
function described(joint, state, measured) {
  const z = state.map((value, i) => (value - joint.center[i]) / joint.scale[i]);
  measured.forEach((column) => (z[column] = 0));
  let logWeight = dot(z, joint.bias) + quadraticForm(z, joint.coupling) / 2;
  if (!measured.length) return { logWeight, at: () => state };
  const L = cholesky(measured.map((i) => measured.map((j) => -joint.coupling[i][j])));
  const pull = measured.map((column) => joint.bias[column] + dot(joint.coupling[column], z));
  const mean = solveUpper(L, solveLower(L, pull));
  logWeight += dot(pull, mean) / 2;
  const at = (node) => {
    const lesion = state.slice();
    solveUpper(L, node).forEach((away, k) => {
      const column = measured[k];
      lesion[column] = (mean[k] + away) * joint.scale[column] + joint.center[column];
    });
    return lesion;
  };
  return { logWeight, at };
}

function statesOf(x, categories) {
  const choices = categories.map((columns) => [null, ...columns]);
  return combinations(choices).map((chosen) => {
    const state = x.slice();
    categories.forEach((columns, i) => {
      columns.forEach((column) => (state[column] = column === chosen[i] ? 1 : 0));
    });
    return state;
  });
}

function quadrature(dimensions, nodes) {
  if (dimensions === 0) return { nodes: [[]], weights: [1] };
  const rule = nodes[dimensions];
  const lists = Array.from({ length: dimensions }, () => rule.map((_, i) => i));
  const picks = combinations(lists);
  const weights = picks.map((pick) => pick.reduce((product, i) => product * rule[i][1], 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return {
    nodes: picks.map((pick) => pick.map((i) => rule[i][0])),
    weights: weights.map((weight) => weight / total),
  };
}
