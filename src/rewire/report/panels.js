// The small pictures of a run, the curves of all runs, and the table.

const large = n => n < 1e5 ? count(n) : d3.format(".3s")(n).replace("G", "B");
const share = (n, all) => `${large(n)} of ${large(all)} (${percent(n / (all || 1))})`;

// ------------------------------------------------------------------------ the decision boundary

class Boundary {
  constructor(run, parent) {
    const {points} = run, size = 200;
    this.run = run;
    this.multi = d3.some(points.label, v => v > 1) && run.classes.length > 2;
    const {svg} = panel(parent, run.classifies
      ? "Decision boundary (shades: how certain)"
      : "Output (blue above zero, orange below)", size, size);
    this.side = run.frames[0].shapes.boundary[0];
    this.svg = svg.attr("class", "boundary");
    this.area = svg.append("g");
    svg.append("rect").attr("class", "frame").attr("width", size).attr("height", size);
    const x = d3.scaleLinear(points.across, [0, size]), y = d3.scaleLinear(points.up, [size, 0]);
    const middle = d3.min(points.label) < 0 ? 0 : 0.5;
    const symbol = d => d3.symbol(this.multi ? d3.symbolsFill[d.label % 7] : d.label > middle ? d3.symbolSquare : d3.symbolCircle, 22)();
    svg.append("g").selectAll("path").data(d3.zip(points.x, points.y, points.label).map(([a, b, label]) => ({a, b, label})))
      .join("path").attr("d", symbol).attr("stroke", "var(--paper)").attr("stroke-width", 0.7)
      .attr("fill", d => this.multi ? this.colour(d.label) : `var(${d.label > middle ? "--positive" : "--negative"})`)
      .attr("transform", d => `translate(${x(d.a)},${y(d.b)})`);
    const scale = size / (this.side - 1);
    // d3.contours places a value at the middle of its cell, and counts rows from the top.
    this.path = d3.geoPath(d3.geoTransform({
      point(a, b) { this.stream.point((a - 0.5) * scale, size - (b - 0.5) * scale); },
    }));
  }

  colour(k) {
    return `var(--run-${k % 5})`;
  }

  draw(frame) {
    const {side} = this, values = frame.boundary;
    const contours = (numbers, at) => d3.contours().size([side, side]).thresholds(at)(numbers);
    let areas;
    if (this.multi) {
      areas = d3.range(this.run.classes.length).flatMap(k =>
        contours(Array.from(values, v => v === k ? 1 : 0), [0.5]).map(shape => ({shape, fill: this.colour(k), opacity: 0.35})));
    } else {
      const levels = [0, 16, 32, 48, 63];
      areas = [[1, "--positive"], [-1, "--negative"]].flatMap(([sign, name]) =>
        contours(Array.from(values, v => sign * v), levels).map(shape => ({shape, fill: `var(${name})`, opacity: 0.13})));
    }
    const line = this.multi ? [] : contours(Array.from(values), [0]);
    const positive = this.multi ? null : d3.count(values, v => v > 0 ? v : NaN);
    this.svg.attr("data-positive", positive);
    this.area.selectAll("path.area").data(areas).join("path").attr("class", "area")
      .attr("fill", d => d.fill).attr("fill-opacity", d => d.opacity).attr("d", d => this.path(d.shape));
    this.area.selectAll("path.zero").data(line).join("path").attr("class", "zero")
      .attr("d", d => this.path({type: "MultiLineString", coordinates: inner(d.coordinates.flat(), side)}));
  }
}

// The parts of rings that do not run along the edge of the picture.
function inner(rings, side) {
  const edge = ([a, b]) => a < 0.5 || b < 0.5 || a > side - 0.5 || b > side - 0.5;
  const parts = [];
  for (const ring of rings) {
    let part = [];
    ring.forEach((point, i) => {
      part.push(point);
      if (i + 1 < ring.length && edge(point) && edge(ring[i + 1])) {
        parts.push(part);
        part = [];
      }
    });
    parts.push(part);
  }
  return parts.filter(part => part.length > 1);
}

// -------------------------------------------------------- pictures of cells: input map, densities

class Cells {
  constructor(parent, title, [rows, columns], most, amount, says, scale = most => `Stronger colour means more, up to ${amount(most)}.`) {
    const side = 200 / Math.max(rows, columns);
    const {box, svg} = panel(parent, title, columns * side, rows * side);
    Object.assign(this, {svg, most, says, columns, side});
    this.scale = scale(most);
    this.title = svg.append("title");
    this.cells = svg.append("g");
    this.note = box.append("p").attr("class", "note").text(this.scale);
    svg.append("rect").attr("class", "frame").attr("width", columns * side).attr("height", rows * side);
  }

  draw(values) {
    const {columns, side, most, says} = this;
    const rows = this.cells.selectAll("rect").data(Array.from(values)).join("rect").attr("class", "cell");
    rows.filter(function() { return !this.hasAttribute("x"); })
      .attr("width", side + 0.15).attr("height", side + 0.15)
      .attr("x", (d, i) => (i % columns) * side).attr("y", (d, i) => Math.floor(i / columns) * side)
      .on("pointerenter", (event, d) => this.note.text(this.latest(event.target)))
      .on("pointerleave", () => this.note.text(this.scale));
    rows.attr("fill-opacity", d => (d / most) ** 0.75).attr("data-value", d => d);
    this.latest = node => says(rows.nodes().indexOf(node), d3.select(node).datum());
    this.title.text("Largest: " + says(d3.maxIndex(values), d3.max(values)));
  }
}

// ------------------------------------------------------------------------------- distributions

class Distribution {
  constructor(run, parent, name, title) {
    this.name = name;
    const {svg} = panel(parent, title, 240, 150);
    this.svg = svg.attr("class", name);
    const most = d3.max(page.runs, r => d3.max(r.frames, f => d3.max(f[name].filter((v, i) => i % 2 === 0)))) || 1;
    const bins = Math.min(most + 1, 25);
    this.width = Math.ceil((most + 1) / bins);
    const binned = page.runs.map(r => r.frames.map(f => this.binned(f, bins)));
    this.bins = bins;
    this.x = d3.scaleBand(d3.range(bins), [30, 236]).padding(0.12);
    this.y = d3.scaleSqrt([0, d3.max(binned.flat(), b => d3.max(b)) || 1], [108, 6]);
    svg.append("g").attr("class", "axis").attr("transform", "translate(0,108)").call(
      d3.axisBottom(this.x).tickValues(d3.ticks(0, bins - 1, 5).filter(Number.isInteger)).tickFormat(k => k * this.width).tickSizeOuter(0));
    svg.append("g").attr("class", "axis").attr("transform", "translate(30,0)").call(
      d3.axisLeft(this.y).tickValues(apart(this.y, this.y.ticks(6))).tickFormat(d3.format("~s")).tickSizeOuter(0));
    svg.append("text").attr("x", 236).attr("y", 142).attr("text-anchor", "end").attr("font-size", 12).text("connections");
    svg.append("text").attr("x", 236).attr("y", 12).attr("text-anchor", "end").attr("font-size", 12).text(`↑ ${run.unit}s`);
    this.bars = svg.append("g");
  }

  binned(frame, bins) {
    const found = new Array(bins).fill(0), values = frame[this.name];
    for (let i = 0; i < values.length; i += 2) found[Math.floor(values[i] / this.width)] += values[i + 1];
    return found;
  }

  draw(frame) {
    this.bars.selectAll("rect").data(this.binned(frame, this.bins)).join("rect").attr("class", "bar")
      .attr("x", (d, k) => this.x(k)).attr("width", this.x.bandwidth()).attr("data-count", d => d)
      .attr("y", d => this.y(d)).attr("height", d => 108 - this.y(d));
  }
}

// Those ticks whose labels do not overlap, from the largest down.
function apart(scale, ticks) {
  const kept = [];
  for (const tick of d3.reverse(ticks)) {
    if (!kept.length || scale(tick) - scale(kept[kept.length - 1]) >= 14) kept.push(tick);
  }
  return kept;
}

// -------------------------------------------------------------------------------------- curves

class Curves {
  constructor(parent, seek) {
    const classify = page.runs.some(run => run.classifies);
    const measured = name => page.runs.some(run => d3.some(run.rows[`validation_${name}`], v => v !== null));
    const title = (name, text) => measured(name) ? `${text} (solid: training, dashed: validation)` : text;
    this.charts = [this.chart(parent, "loss", title("loss", "Loss"), seek)];
    if (classify) this.charts.push(this.chart(parent, "accuracy", title("accuracy", "Accuracy"), seek));
    const legend = parent.append("ul").attr("class", "legend");
    page.runs.forEach((run, k) => {
      const item = legend.append("li");
      item.append("svg").attr("viewBox", "0 0 26 10").append("line").attr("x2", 26).attr("y1", 5).attr("y2", 5)
        .attr("stroke-width", 3).style("stroke", `var(--run-${k % 5})`);
      item.append("span").text(run.name);
    });
    legend.append("li").text("Ticks at the bottom: rewirings. Click on a chart to go to a step.");
  }

  chart(parent, name, title, seek) {
    // No wider than there is room, so that letters keep their size on a phone.
    const width = Math.max(260, Math.min(520, parent.node().clientWidth)), height = 216, left = 46, bottom = 184;
    const {svg} = panel(parent, title, width, height);
    svg.attr("class", `chart ${name}`);
    const all = page.runs.flatMap(run => [...run.rows[name], ...run.rows[`validation_${name}`]]).filter(v => v !== null);
    const [low, high] = d3.extent(all.length ? all : [0, 1]);
    const log = name === "loss" && low > 0 && high / low > 20;
    const x = this.x = d3.scaleLinear([0, d3.max(page.runs, run => run.total_steps)], [left, width - 8]);
    const y = log ? d3.scaleLog([low, high], [bottom, 8]).nice()
      : d3.scaleLinear(name === "loss" ? [Math.min(0, low), high] : [Math.min(low, 0.9), 1], [bottom, 8]);
    svg.append("g").attr("class", "axis").attr("transform", `translate(0,${bottom})`).call(d3.axisBottom(x).ticks(width / 85).tickSizeOuter(0));
    svg.append("text").attr("x", width - 8).attr("y", height - 1).attr("text-anchor", "end").attr("font-size", 12).text("step");
    svg.append("g").attr("class", "axis").attr("transform", `translate(${left},0)`).call(
      d3.axisLeft(y).ticks(5, name === "loss" ? "~g" : ".0%").tickSizeOuter(0));
    page.runs.forEach((run, k) => {
      for (const [column, kind] of [[name, ""], [`validation_${name}`, "validation"]]) {
        const rows = d3.zip(run.rows.step, run.rows[column]).filter(d => d[1] !== null && (!log || d[1] > 0));
        svg.append("path").attr("class", `curve ${kind}`).style("stroke", `var(--run-${k % 5})`)
          .attr("d", d3.line(d => x(d[0]), d => y(d[1]))(rows));
      }
      svg.append("g").attr("class", "rewirings").selectAll("line").data(run.rewirings).join("line")
        .style("stroke", `var(--run-${k % 5})`).attr("x1", d => x(d)).attr("x2", d => x(d))
        .attr("y1", bottom - 2 - 6 * k).attr("y2", bottom - 7 - 6 * k);
    });
    const cursor = svg.append("line").attr("class", "cursor").attr("y1", 4).attr("y2", bottom);
    svg.append("rect").attr("class", "seek").attr("x", left).attr("width", width - left).attr("height", bottom)
      .on("click", event => seek(x.invert(d3.pointer(event)[0])));
    return {cursor, x};
  }

  draw(step) {
    for (const {cursor, x} of this.charts) cursor.attr("x1", x(step)).attr("x2", x(step)).attr("data-step", step);
  }
}

// --------------------------------------------------------------------------------------- table

// Of a model of layers, paths are known if all layers follow each other.
const knownPaths = f => !f.layers || f.totals[2] > 0;

const MEASURES = [
  ["Loss", f => f.row && f.row.loss !== null ? d3.format(".4~g")(f.row.loss) : ""],
  ["Accuracy", f => f.row && f.row.accuracy !== null ? percent(f.row.accuracy) : ""],
  ["Validation accuracy", f => f.row && f.row.validation_accuracy !== null ? percent(f.row.validation_accuracy) : ""],
  ["Connections, of all possible ones (density)", f => share(f.totals[0], f.totals[1])],
  ["Dead hidden neurons", f => knownPaths(f) ? share(f.totals[3], f.totals[2]) : ""],
  ["Neurons left when stripped", f => knownPaths(f) ? count(f.totals[4]) : ""],
  ["Connections left when stripped", f => knownPaths(f) ? count(f.totals[5]) : ""],
  ["Bytes, of those of a dense network", f => share(f.totals[6], f.totals[7])],
  ["FLOPs per prediction, of those of a dense network", f => f.layers ? "" : share(2 * f.totals[0] + f.totals[8], 2 * f.totals[1] + f.totals[8])],
  ["FLOPs of training, of those of a dense network", f => f.row && f.row.dense_flops ? share(f.row.flops, f.row.dense_flops) : ""],
  ["Seconds of training", f => f.row && f.row.seconds !== null ? d3.format(".3~g")(f.row.seconds) : ""],
];

function drawTable(parent, frames) {
  const units = page.runs.every(run => run.unit === "channel") ? "channels" : "neurons";
  const rows = MEASURES.map(([name, text]) => [name.replace("neurons", units).replace("Neurons", capital(units)), ...frames.map(text)]).filter(row => row.slice(1).some(v => v !== ""));
  const table = parent.selectAll("table").data([0]).join(enter => {
    const made = enter.append("table");
    made.append("caption").text("At this step");
    made.append("thead").append("tr").selectAll("th").data(["", ...page.runs.map(run => run.name)]).join("th").attr("scope", "col").text(d => d);
    made.append("tbody");
    return made;
  });
  table.select("tbody").selectAll("tr").data(rows).join("tr").selectAll("td,th").data(d => d)
    .join(enter => enter.append((d, i) => document.createElement(i ? "td" : "th"))).text(d => d);
}
