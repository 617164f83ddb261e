// Where the labels of an axis go so that none covers another.

const GAP = 10; // least clear space between two labels of one lane, px

// Labels [{x, width, …}] in ascending x, each with `lane` and `at`, its centre. Lane 0 is below the axis, 1 above
// it, 2 further below, and so on: as few lanes as hold them all between `low` and `high`.
function placeLabels(labels, low, high) {
  const room = high - low;
  for (let lanes = 1; lanes < labels.length; lanes += 1) {
    const placed = inLanes(labels, lanes, low, high);
    const tolerated = lanes === 1 ? room / 8 : room / 4;
    const fits = placed !== null && placed.every((label) => Math.abs(label.at - label.x) < tolerated);
    if (fits) return placed;
  }
  return inLanes(labels, Math.max(labels.length, 1), low, high) ?? [];
}

function inLanes(labels, lanes, low, high) {
  const placed = [];
  for (let lane = 0; lane < lanes; lane += 1) {
    const own = labels.filter((_, i) => i % lanes === lane);
    const centres = spread(own, low, high);
    if (centres === null) return null;
    own.forEach((label, i) => placed.push({ ...label, lane, at: centres[i] }));
  }
  return placed;
}

// Centres as near to each label's x as can be, in their order and without overlap; null where there is no room.
// Neighbours that would overlap move as one block, to the mean of where each of them wants the block to be.
function spread(labels, low, high) {
  if (labels.reduce((sum, label) => sum + label.width, 0) + GAP * (labels.length - 1) > high - low) {
    return labels.length === 1 ? [(low + high) / 2] : null;
  }
  const blocks = [];
  labels.forEach((label) => {
    let block = { start: label.x - label.width / 2, width: label.width, members: [label] };
    block.start = clamped(block, low, high);
    while (blocks.length) {
      const before = blocks.at(-1);
      if (before.start + before.width + GAP <= block.start) break;
      blocks.pop();
      block = merged(before, block, low, high);
    }
    blocks.push(block);
  });
  return blocks.flatMap(({ start, members }) => {
    let left = start;
    return members.map(({ width }) => {
      const centre = left + width / 2;
      left += width + GAP;
      return centre;
    });
  });
}

function merged(before, after, low, high) {
  const members = [...before.members, ...after.members];
  let reach = 0;
  const wanted = members.map(({ x, width }) => {
    const start = x - width / 2 - reach;
    reach += width + GAP;
    return start;
  });
  const block = {
    start: wanted.reduce((sum, start) => sum + start, 0) / wanted.length,
    width: before.width + GAP + after.width,
    members,
  };
  block.start = clamped(block, low, high);
  return block;
}

function clamped({ start, width }, low, high) {
  return Math.min(Math.max(start, low), high - width);
}

// The labels that can be written side by side, taken in this order.
function thinned(labels) {
  const kept = [];
  labels.forEach((label) => {
    const apart = (other) => Math.abs(label.x - other.x) >= (label.width + other.width) / 2 + GAP / 2;
    if (kept.every(apart)) kept.push(label);
  });
  return kept;
}

// Round numbers within [low, high], about that many steps apart.
function roundTicks(low, high, steps) {
  const power = 10 ** Math.floor(Math.log10((high - low) / steps));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size * steps >= high - low);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i += 1) {
    ticks.push(Number((i * step).toPrecision(12)));
  }
  return ticks;
}
