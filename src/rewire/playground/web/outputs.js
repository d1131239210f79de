// At the right: what the networks compute over the plane, and their curves.

const SIDE = 200;

class Output {
  constructor(parent, index, single) {
    Object.assign(this, {index, name: single ? "Network" : index ? "Rewired" : "Static"});
    this.root = element(parent, "figure", {class: `output output-${index}`});
    const caption = element(this.root, "figcaption");
    this.title = element(caption, "span", {}, this.name);
    this.score = element(caption, "b");
    this.canvas = element(this.root, "canvas", {role: "img"});
    this.image = document.createElement("canvas");
  }

  measure() {
    this.side = this.canvas.clientWidth;
  }

  draw(lane, data, palette, look, alone = false) {
    const side = this.side || SIDE, context = sharp(this.canvas, side, side);
    const of = look === null || look === undefined ? null : look;
    const name = of === null || !lane.byId.has(of) ? "output" : neuronName(lane, of);
    const shown = this.shades(lane, of);
    this.score.textContent = shareOf(lane.accuracy);
    this.title.textContent = `${alone ? "Network" : this.name}${name === "output" ? "" : `: neuron ${name}`}`;
    this.canvas.setAttribute("aria-label", `What the ${name === "output" ? "network" : `neuron ${name}`} says over the plane; ${shareOf(lane.accuracy)} of the points are on the right side`);
    this.root.hidden = !shown || !data.extent;
    if (this.root.hidden) return;
    const [shades, size] = shown;
    context.imageSmoothingQuality = "high";
    context.drawImage(picture(shades, size, palette, this.image), 0, 0, side, side);
    zeroLine(context, shades, size, side, palette.ink);
    drawPoints(context, data.points, scalesOf(data.extent, side), palette, data.points.length > 400 ? 1.8 : 3);
  }

  // The boundary of the output, or of a neuron: from its tile until the finer one has come.
  shades(lane, of) {
    const {boundary, tiles} = lane;
    if (boundary && (boundary.of ?? null) === of) return [bytesOf(boundary.values), boundary.size];
    if (of !== null && tiles && lane.tileOf.has(of)) {
      const {size} = tiles, i = lane.tileOf.get(of);
      return [bytesOf(tiles.values).subarray(i * size * size, (i + 1) * size * size), size];
    }
    return boundary ? [bytesOf(boundary.values), boundary.size] : null;
  }
}

class Curves {
  constructor(parent) {
    this.root = element(parent, "figure", {class: "curves"});
    element(this.root, "figcaption").innerHTML = '<span class="key key-0">static</span> <span class="key key-1">rewired</span>';
    this.charts = [["Loss", 1, null], ["Accuracy", 2, [0.4, 1]]].map(([title, column, range]) => this.chart(title, column, range));
  }

  chart(title, column, range) {
    const svg = d3.select(this.root).append("svg").attr("class", "chart").attr("viewBox", "0 0 220 96").attr("role", "img");
    const parts = {svg, title, column, range, x: svg.append("g").attr("class", "axis"), y: svg.append("g").attr("class", "axis")};
    svg.append("text").attr("x", 214).attr("y", range ? 73 : 12).attr("text-anchor", "end").attr("class", "name").text(title.toLowerCase());
    parts.lines = [0, 1].map(lane => svg.append("path").attr("class", `curve curve-${lane}`));
    return parts;
  }

  // Curves need not be drawn as often as everything else.
  draw(rows, step, running) {
    const now = performance.now();
    if (running && now - this.drawn < 250) return;
    this.drawn = now;
    const every = Math.max(1, Math.ceil(rows.length / 300));
    const some = rows.filter((row, i) => i % every === 0 || i === rows.length - 1);
    const x = d3.scaleLinear([0, Math.max(step, 50)], [32, 214]);
    for (const {svg, title, column, range, x: across, y: up, lines} of this.charts) {
      const values = some.flatMap(row => [row[column], row[column + 2]]).filter(v => v !== null && v !== undefined);
      const y = d3.scaleLinear(range ? [Math.min(range[0], d3.min(values) ?? 1), 1] : [0, Math.max(0.1, d3.quantile(values, 0.98) || 1)], [78, 6]).clamp(true);
      across.attr("transform", "translate(0,78)").call(d3.axisBottom(x).ticks(4, "~s").tickSizeOuter(0).tickSize(3));
      up.attr("transform", "translate(32,0)").call(d3.axisLeft(y).ticks(3, range ? ".0%" : "~g").tickSizeOuter(0).tickSize(3));
      lines.forEach((line, lane) => line.attr("d", d3.line(d => x(d[0]), d => y(d[column + 2 * lane]))
        .defined(d => d[column + 2 * lane] !== null && d[column + 2 * lane] !== undefined)(some)));
      const last = rows[rows.length - 1];
      svg.attr("aria-label", last ? `${title} at step ${last[0]}: static ${last[column]}, rewired ${last[column + 2]}` : title);
    }
  }
}
