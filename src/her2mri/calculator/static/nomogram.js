// The nomogram as SVG, with the lesion's points drawn in. It is laid out anew for every width.

const LINE = 15; // height of a line of labels, px
const FOLD = 7; // between the two lines of a curve that turns, px
const CONVENTIONAL = [
  0.5, 0.1, 0.9, 0.01, 0.99, 0.05, 0.95, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6, 0.001, 0.999, 0.005, 0.995,
]; // probabilities in the order in which they may be marked

// `answer` may be without probability: then the axes stand alone. `offset` is that of another case mix.
function drawNomogram(model, answer, offset, reader, width) {
  const frame = frameOf(model, width);
  if (frame === null) return null;
  const drawing = { nodes: [], y: 4 };
  pointsRow(drawing, frame, reader);
  for (const axis of frame.axes) variableRow(drawing, frame, axis, answer, reader);
  totalRows(drawing, frame, answer, offset, reader);
  const label = describedNomogram(model, answer, reader);
  const size = { width, height: drawing.y, viewBox: `0 0 ${width} ${drawing.y}` };
  return svg("svg", { ...size, class: "nomogram", role: "img", "aria-label": label }, drawing.nodes);
}

// The scales; null for a model in which nothing has an effect. Names stand beside the axes where there is room.
function frameOf(model, width) {
  const unit = pointUnit(model);
  if (!(unit > 0)) return null;
  const beside = width >= 540;
  const left = beside ? Math.min(190, width * 0.27) : 8;
  const right = width - (beside ? 62 : 8);
  const axes = model.inputs
    .map((input) => ({ input, ...axisRange(model, input) }))
    .filter(({ low, high }) => high > low);
  const highest = axes.reduce((sum, { low, high }) => sum + (high - low) / unit, 0);
  const at = (points) => left + 8 + ((right - left - 16) * points) / 100;
  const atTotal = (total) => left + 8 + ((right - left - 16) * total) / highest;
  return { model, unit, axes, highest, left, right, width, beside, at, atTotal, origin: pointOrigin(model) };
}

function pointsRow(drawing, frame, reader) {
  const y = heading(drawing, frame, reader.say("pointsAxis"), "", "strong");
  const ticks = roundTicks(0, 100, 10).map((value) => ({ x: frame.at(value), text: String(value) }));
  axisLine(drawing, frame.at(0), frame.at(100), y);
  numbersBelow(drawing, ticks, y);
  drawing.y = y + 2 * LINE + 2;
}

function variableRow(drawing, frame, { input, low }, answer, reader) {
  const { model, unit } = frame;
  const pointsOf = (value) => (termSum(model, input, value) - low) / unit;
  const value = answer?.values?.[input.name] ?? null;
  const earned = value === null ? null : answer.points[input.name];
  const said = answer?.values ? (earned === null ? "–" : whole(earned)) : "";
  const title = reader.titled(input.variable);
  if (input.knots.length) return splineRow(drawing, frame, input, { title, pointsOf, value, earned, said });
  const isNumber = Boolean(input.summary.ticks);
  const marks = isNumber ? input.summary.ticks : input.levels;
  const decimals = isNumber ? decimalsOf(marks) : 0;
  const labels = marks
    .map((mark) => {
      const text = isNumber ? mark.toFixed(decimals) : reader.level(input.variable, mark);
      return { x: frame.at(pointsOf(mark)), text, width: textWidth(text), chosen: mark === value };
    })
    .sort((a, b) => a.x - b.x);
  const placed = isNumber ? [] : placeLabels(labels, frame.left - (frame.beside ? 16 : 8), frame.right);
  const above = Math.max(0, ...placed.filter(({ lane }) => lane % 2).map(({ lane }) => (lane + 1) / 2));
  const below = isNumber
    ? 1
    : Math.max(...placed.filter(({ lane }) => !(lane % 2)).map(({ lane }) => lane / 2 + 1));
  const y = heading(drawing, frame, title, said, "", above * LINE);
  axisLine(drawing, labels[0].x, labels.at(-1).x, y);
  if (isNumber) numbersBelow(drawing, labels, y);
  else placed.forEach((label) => levelLabel(drawing, label, y));
  if (earned !== null) marker(drawing, frame, frame.at(earned), y);
  drawing.y = y + (below + 1) * LINE + 2;
}

// A spline may rise and fall: each stretch of one direction has its own line, two of them back to back, the
// numbers of the first above and those of the second below.
function splineRow(drawing, frame, input, { title, pointsOf, value, earned, said }) {
  const marks = input.summary.ticks;
  const decimals = decimalsOf(marks);
  const labels = marks.map((mark) => {
    const text = mark.toFixed(decimals);
    const points = pointsOf(mark);
    return { mark, points, x: frame.at(points), text, width: textWidth(text) };
  });
  const parts = stretches(labels.map(({ points }) => points)).map(([from, to], i) =>
    labels.slice(from, to + 1).map((label, k) => ({ ...label, silent: i > 0 && k === 0 })),
  );
  const isFolded = parts.length > 1;
  let y = heading(drawing, frame, title, said, "", isFolded ? LINE + 4 : 0);
  parts.forEach((part, i) => {
    const isLast = i === parts.length - 1;
    const isAbove = !isLast && i % 2 === 0;
    if (i > 0) y += i % 2 ? FOLD : (isAbove ? 3 : 2) * LINE;
    if (i % 2) drawing.nodes.push(svg("line", { class: "axis", x1: part[0].x, x2: part[0].x, y1: y - FOLD, y2: y }));
    const places = part.map(({ x }) => x);
    axisLine(drawing, Math.min(...places), Math.max(...places), y);
    splineNumbers(drawing, part, y, isAbove ? -1 : 1);
    const isHere = (i === 0 || value > part[0].mark) && (isLast || value <= part.at(-1).mark);
    if (earned !== null && isHere) marker(drawing, frame, frame.at(earned), y);
  });
  drawing.y = y + 2 * LINE + 2;
}

// The ends of a stretch first, then the shortest numbers, as many as there is room for.
function splineNumbers(drawing, part, y, way) {
  part.forEach(({ x }) => drawing.nodes.push(svg("line", { class: "axis", x1: x, x2: x, y1: y, y2: y + 5 * way })));
  const ends = [part.at(-1), part[0]];
  const others = part.slice(1, -1).sort((a, b) => Number(plain(a.mark).length) - plain(b.mark).length);
  thinned([...ends, ...others].filter(({ silent }) => !silent)).forEach(({ x, text }) =>
    drawing.nodes.push(textAt(text, x, way > 0 ? y + LINE + 3 : y - 8, "middle", "")),
  );
}

// Where a curve turns: [first, last] of each stretch that only rises or only falls, but for less than a point.
function stretches(points) {
  const turns = [0];
  let way = 0;
  let extreme = 0;
  points.forEach((value, i) => {
    const move = value - points[extreme];
    if (way ? move * way >= 0 : Math.abs(move) <= 1) {
      if (way) extreme = i;
    } else if (Math.abs(move) > 1) {
      if (way) turns.push(extreme);
      way = Math.sign(move);
      extreme = i;
    }
  });
  turns.push(points.length - 1);
  return turns.slice(1).map((end, i) => [turns[i], end]);
}

function decimalsOf(marks) {
  return Math.max(...marks.map((mark) => (plain(mark).split(".")[1] ?? "").length));
}

function totalRows(drawing, frame, answer, offset, reader) {
  const total = answer?.totalPoints ?? null;
  const y = heading(drawing, frame, reader.say("totalAxis"), total === null ? "" : whole(total), "strong");
  const ticks = roundTicks(0, frame.highest, 8).map((v) => ({ x: frame.atTotal(v), text: String(v) }));
  axisLine(drawing, frame.atTotal(0), frame.atTotal(frame.highest), y);
  numbersBelow(drawing, ticks, y);
  drawing.y = y + 2 * LINE + 2;
  const label = reader.say("probabilityAxis", { label: reader.side(frame.model, "positive") });
  const has = answer?.probability !== undefined;
  const below = heading(drawing, frame, label, has ? reader.share(answer.probability) : "", "strong");
  probabilityAxis(drawing, frame, offset, below);
  if (has) {
    const x = (probability) => frame.atTotal((logit(probability) - frame.origin - offset) / frame.unit);
    if (answer.confLow !== null) {
      const [from, to] = [answer.confLow, answer.confHigh].map((end) => inside(frame, x(end)));
      drawing.nodes.push(svg("line", { class: "reach", x1: from, x2: to, y1: below, y2: below }));
    }
    if (total !== null) {
      const path = { class: "drop", x1: inside(frame, frame.atTotal(total)), y1: y };
      drawing.nodes.push(svg("line", { ...path, x2: inside(frame, x(answer.probability)), y2: below }));
      marker(drawing, frame, frame.atTotal(total), y);
    }
    marker(drawing, frame, x(answer.probability), below, total === null);
  }
  drawing.y = below + 2 * LINE;
}

function probabilityAxis(drawing, frame, offset, y) {
  const totalAt = (probability) => (logit(probability) - frame.origin - offset) / frame.unit;
  const ticks = CONVENTIONAL.map((probability) => ({
    total: totalAt(probability),
    text: String(probability),
  }))
    .filter(({ total }) => total >= 0 && total <= frame.highest)
    .map(({ total, text }) => ({ x: frame.atTotal(total), text, width: textWidth(text) }));
  const shown = thinned(ticks);
  axisLine(drawing, frame.atTotal(0), frame.atTotal(frame.highest), y);
  shown.forEach(({ x }) => tick(drawing, x, y));
  shown.forEach(({ x, text }) => drawing.nodes.push(textAt(text, x, y + LINE + 3, "middle", "")));
}

// The name of a row and what the lesion has in it; where the axis line is.
function heading(drawing, frame, name, said, kind, extra = 0) {
  if (!frame.beside) {
    drawing.nodes.push(textAt(name, 0, drawing.y + 12, "start", `axis-name ${kind}`));
    drawing.nodes.push(textAt(said, frame.width, drawing.y + 12, "end", "earned"));
    return drawing.y + 12 + 14 + extra;
  }
  const lines = wrapped(name, frame.left - 14);
  const y = drawing.y + Math.max(10 + extra, lines.length > 1 ? 16 : 0);
  lines.forEach((line, i) => {
    const offset = (i - (lines.length - 1) / 2) * LINE;
    drawing.nodes.push(textAt(line, 0, y + 4 + offset, "start", `axis-name ${kind}`));
  });
  drawing.nodes.push(textAt(said, frame.width, y + 4, "end", "earned"));
  return y;
}

function axisLine(drawing, from, to, y) {
  drawing.nodes.push(svg("line", { class: "axis", x1: from, x2: to, y1: y, y2: y }));
}

function tick(drawing, x, y) {
  drawing.nodes.push(svg("line", { class: "axis", x1: x, x2: x, y1: y, y2: y + 5 }));
}

// Every number where there is room, else every second, and so on.
function numbersBelow(drawing, ticks, y) {
  ticks.forEach(({ x }) => tick(drawing, x, y));
  const widest = Math.max(...ticks.map(({ text }) => textWidth(text))) + GAP / 2;
  const step = Math.abs(ticks.at(-1).x - ticks[0].x) / Math.max(ticks.length - 1, 1);
  const stride = Math.max(1, Math.ceil(widest / step));
  ticks
    .filter((_, i) => i % stride === 0)
    .forEach(({ x, text }) => drawing.nodes.push(textAt(text, x, y + LINE + 3, "middle", "")));
}

// A level's label in its lane, joined to its tick.
function levelLabel(drawing, { x, at, width, lane, text, chosen }, y) {
  const depth = Math.floor(lane / 2);
  const isAbove = lane % 2 === 1;
  const end = isAbove ? y - 8 - depth * LINE : y + 8 + depth * LINE;
  const near = Math.min(Math.max(x, at - width / 2 + 6), at + width / 2 - 6);
  const points = `${x},${y} ${x},${isAbove ? y - 4 : y + 4} ${near},${end}`;
  drawing.nodes.unshift(svg("polyline", { class: "leader", points }));
  drawing.nodes.push(svg("line", { class: "axis", x1: x, x2: x, y1: y - 3, y2: y + 3 }));
  const baseline = isAbove ? end - 3 : end + 10;
  drawing.nodes.push(textAt(text, at, baseline, "middle", chosen ? "chosen" : ""));
}

// Where the lesion is; beyond the end of the axes as a triangle that points there.
function marker(drawing, frame, x, y, hollow = false) {
  const shown = inside(frame, x);
  const way = Math.sign(x - shown);
  const kind = hollow ? "mark hollow" : "mark";
  drawing.nodes.push(
    way
      ? svg("path", { class: kind, d: `M${shown + 7 * way},${y} l${-9 * way},-6 v12 z` })
      : svg("circle", { class: kind, cx: shown, cy: y, r: 5 }),
  );
}

function inside(frame, x) {
  return Math.min(Math.max(x, frame.at(0)), frame.at(100));
}

function textAt(text, x, y, anchor, kind) {
  return svg("text", { x, y, "text-anchor": anchor, class: kind || null }, text);
}

const ruler = document.createElement("canvas").getContext("2d");

function textWidth(text) {
  ruler.font = `bold 12px ${getComputedStyle(document.body).fontFamily}`; // as wide as it gets when chosen
  return ruler.measureText(text).width;
}

// A name in at most as many lines as it needs: between words, or between the characters of Chinese.
function wrapped(text, width) {
  const lines = [""];
  for (const piece of text.match(/[\u3000-\u9fff\uff00-\uffef]|[^\s\u3000-\u9fff\uff00-\uffef]+\s*|\s+/g) ??
    []) {
    const longer = lines.at(-1) + piece;
    if (lines.at(-1) && textWidth(longer.trim()) > width) lines.push(piece);
    else lines[lines.length - 1] = longer;
  }
  return lines.map((line) => line.trim());
}

function describedNomogram(model, answer, reader) {
  const task = reader.task(model);
  if (answer?.probability === undefined) return reader.say("nomogramEmpty", { task });
  const { colon, stop } = reader.words;
  const points = model.inputs
    .filter(({ name }) => answer.points[name] !== null)
    .map((input) => {
      const earned = reader.say("points", { n: whole(answer.points[input.name]) });
      return `${reader.variable(input.variable)}${colon}${earned}${stop}`;
    })
    .join("");
  const label = reader.side(model, "positive");
  return reader.say("nomogramLabel", { task, points, label, share: reader.share(answer.probability) });
}
