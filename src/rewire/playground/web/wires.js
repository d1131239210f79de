// The picture of one network: ranks from left to right, each neuron a tile with its own boundary.

const PADDING = {left: 34, right: 30, top: 16, bottom: 16}, LETTER = 6.6;

function shortened(text) {
  return text.length > 14 ? `${text.slice(0, 13)}…` : text;
}

class Wires {
  constructor(parent, index, title) {
    this.index = index;
    this.box = element(parent, "div", {class: "net"});
    this.canvas = element(this.box, "canvas", {"aria-hidden": "true"});
    this.svg = d3.select(this.box).append("svg").attr("class", "wiring").attr("role", "group")
      .attr("aria-label", `Wiring of the ${title} network`);
    this.layers = Object.fromEntries(["dropped", "connections", "ghosts", "aim", "neurons", "labels"]
      .map(name => [name, this.svg.append("g").attr("class", name)]));
    this.aim = this.layers.aim.append("path").attr("class", "aim");
    this.at = new Map();
    this.atlas = document.createElement("canvas"); // the tiles of all neurons, one below the other
    this.ghosts = []; // connections that the guide proposes
  }

  measure() {
    this.space = this.box.clientWidth;
  }

  // Places the neurons, where anything has changed.
  arrange(lane) {
    const width = this.space || 400, key = `${width} ${lane.ranks} ${lane.whole} ${lane.neurons.length}`;
    if (key === this.arranged) return;
    this.arranged = key;
    const rows = d3.range(lane.ranks.length).map(() => []);
    lane.neurons.forEach(neuron => rows[neuron.rank].push(neuron.id));
    const most = Math.max(...rows.map(row => row.length), 1);
    const room = ids => inner / ids.length < 13 ? 0 : 20 + LETTER * (d3.max(ids, id => shortened(neuronName(lane, id)).length) || 0);
    const height = this.height = Math.max(170, Math.min(most * 27 + 32, 520));
    const inner = height - PADDING.top - PADDING.bottom, last = rows[rows.length - 1];
    const left = Math.max(PADDING.left, room(rows[0]));
    const right = Math.max(PADDING.right, last.length > 1 ? room(last) : 0);
    const gap = (width - left - right) / Math.max(1, lane.ranks.length - 1);
    this.tile = Math.max(3, Math.min(26, 0.82 * inner / most, 0.5 * gap));
    this.at.clear();
    this.steps = rows.map(row => Math.min(inner / row.length, 46));
    rows.forEach((row, rank) => {
      const step = this.steps[rank];
      row.forEach((id, i) => this.at.set(id, [
        left + rank * gap, PADDING.top + inner / 2 + (i - (row.length - 1) / 2) * step,
      ]));
    });
    this.width = width;
    this.svg.attr("viewBox", `0 0 ${width} ${height}`).attr("width", width).attr("height", height);
    this.box.style.height = `${height}px`;
  }

  draw(lane, palette) {
    this.lane = lane;
    this.arrange(lane);
    const {at} = this, half = this.tile / 2;
    const largest = d3.max(lane.connections, d => Math.abs(d[2])) || 1;
    this.rows = lane.connections.filter(([s, t]) => at.has(s) && at.has(t)).map(([source, target, weight, age]) => ({
      source, target, weight, age, grown: lane.fresh.has(`${source} ${target}`),
    }));
    const existing = new Set(this.rows.map(d => `${d.source} ${d.target}`));
    const gone = lane.dropped.filter(([s, t]) => at.has(s) && at.has(t) && !existing.has(`${s} ${t}`))
      .map(([source, target]) => ({source, target, weight: 0, gone: true}));
    this.link = d3.linkHorizontal()
      .source(d => [at.get(d.source)[0] + half, at.get(d.source)[1]])
      .target(d => [at.get(d.target)[0] - half, at.get(d.target)[1]]);
    const options = {
      link: this.link, largest, alive: id => lane.byId.get(id).alive, name: id => neuronName(lane, id),
    };
    // A change is animated once, when it comes.
    const change = `${lane.changed} ${lane.dropped} ${lane.grown}`;
    this.svg.classed("settled", change === this.change);
    this.change = change;
    drawConnections(this.layers.dropped, gone, options);
    drawConnections(this.layers.connections, this.rows, options);
    this.layers.ghosts.selectAll("path").data(this.ghosts.map(([source, target]) => ({source, target})))
      .join("path").attr("class", "ghost").attr("d", this.link);
    this.neurons(lane);
    this.tiles(lane, palette);
    this.labels(lane);
  }

  neurons(lane) {
    const {at, tile} = this, shown = lane.neurons.filter(neuron => at.has(neuron.id));
    const groups = this.layers.neurons.selectAll("g.neuron").data(shown, d => d.id).join(enter => {
      const group = enter.append("g").attr("tabindex", -1).attr("role", "button");
      group.append("rect").attr("class", "reach");
      group.append("rect").attr("class", "body");
      group.append("path").attr("class", "frost");
      return group;
    });
    groups.attr("class", d => "neuron" + (d.alive ? "" : " dead") + (d.frozen ? " frozen" : "") +
      (this.ghosts.some(pair => pair.includes(d.id)) ? " hinted" : ""))
      .attr("transform", d => `translate(${at.get(d.id)})`)
      .attr("data-neuron", d => neuronName(lane, d.id))
      .attr("aria-label", d => this.sentence(d));
    const reach = Math.max(tile, 14);
    // Without a picture of its own, a neuron shows how active it is among those of its rank.
    const busiest = lane.tiles ? [] : lane.ranks.map((size, rank) => d3.max(shown, d => d.rank === rank ? d.activity : 0));
    this.svg.classed("pictured", Boolean(lane.tiles));
    groups.select(".reach").attr("x", -reach / 2 - 2).attr("y", -reach / 2 - 1).attr("width", reach + 4).attr("height", reach + 2);
    groups.select(".body").attr("x", -tile / 2).attr("y", -tile / 2).attr("width", tile).attr("height", tile)
      .attr("rx", Math.min(6, tile / 3)).style("fill", d => lane.tiles ? "transparent" : null)
      .style("fill-opacity", d => lane.tiles ? null : 0.12 + 0.88 * Math.min(1, d.activity / (busiest[d.rank] || 1)));
    groups.select(".frost").attr("d", d => d.frozen ? frost(tile / 2 + 3.5) : "");
  }

  // The tiles of the neurons, on the canvas under the lines.
  tiles(lane, palette) {
    const context = sharp(this.canvas, this.width, this.height);
    if (!lane.tiles) return;
    const {size} = lane.tiles, {tile} = this, atlas = picture(bytesOf(lane.tiles.values), size, palette, this.atlas);
    context.imageSmoothingQuality = "high";
    lane.neurons.forEach((neuron, i) => {
      const [x, y] = this.at.get(neuron.id);
      context.globalAlpha = neuron.alive ? 1 : 0.22;
      context.save();
      context.beginPath();
      context.roundRect(x - tile / 2, y - tile / 2, tile, tile, Math.min(6, tile / 3));
      context.clip();
      context.drawImage(atlas, 0, i * size, size, size, x - tile / 2, y - tile / 2, tile, tile);
      context.restore();
    });
    context.globalAlpha = 1;
  }

  labels(lane) {
    const last = lane.ranks.length - 1, crowded = rank => this.steps[rank] < 13;
    const beside = d => d.rank === 0 || lane.ranks[last] > 1;
    const ends = lane.neurons.filter(neuron => this.at.has(neuron.id) && (neuron.rank === 0 || neuron.id >= lane.output));
    this.layers.labels.selectAll("text").data(ends, d => d.id).join("text")
      .attr("class", "end").attr("text-anchor", d => d.rank === 0 ? "end" : beside(d) ? "start" : "middle")
      .attr("x", d => this.at.get(d.id)[0] + (d.rank === 0 ? -1 : beside(d) ? 1 : 0) * (this.tile / 2 + 7))
      .attr("y", d => this.at.get(d.id)[1] + (beside(d) ? 4 : this.tile / 2 + 17))
      .text(d => crowded(d.rank) ? "" : shortened(neuronName(lane, d.id)));
  }

  fans(id) {
    return [this.rows.filter(d => d.target === id), this.rows.filter(d => d.source === id)];
  }

  sentence(neuron) {
    const [fanIn, fanOut] = this.lane.fans.get(neuron.id), last = this.lane.ranks.length - 1;
    const kind = neuron.rank === 0 ? "Input" : neuron.rank === last ? "Output neuron" : "Neuron";
    const life = (neuron.alive ? "" : ", dead") + (neuron.frozen ? ", frozen" : "");
    return `${kind} ${neuronName(this.lane, neuron.id)}${life}: ${fanIn} connections in, ${fanOut} out`;
  }

  // Marks what is pointed at or chosen: a neuron, or a connection as [source, target].
  mark({neuron = null, connection = null, near = null} = {}) {
    const key = connection && connection.join(" ");
    this.svg.classed("looking", near !== null || key !== null);
    this.layers.connections.selectAll("path").classed("near", d =>
      key ? `${d.source} ${d.target}` === key : near !== null && (d.source === near || d.target === near));
    this.layers.neurons.selectAll("g.neuron").classed("chosen", d => d.id === neuron)
      .attr("tabindex", (d, i) => (neuron === null ? i === 0 : d.id === neuron) ? 0 : -1);
  }

  // Draws a line from a neuron to where the pointer is, or to another neuron.
  point(from, to) {
    const a = from === null ? null : this.at.get(from);
    if (!a) return this.aim.attr("d", null);
    const b = Array.isArray(to) ? to : this.at.get(to);
    return this.aim.attr("d", b ? d3.linkHorizontal()({source: a, target: b}) : null);
  }

  place(event) {
    const box = this.svg.node().getBoundingClientRect();
    return [(event.clientX - box.left) * this.width / box.width, (event.clientY - box.top) * this.height / box.height];
  }

  neuronAt([x, y], reach = 0) {
    const limit = Math.max(this.tile / 2 + 3, 9) + reach;
    const id = d3.least(this.at.keys(), key => Math.hypot(this.at.get(key)[0] - x, this.at.get(key)[1] - y));
    if (id === undefined) return null;
    const [a, b] = this.at.get(id);
    return Math.abs(a - x) <= limit && Math.abs(b - y) <= limit ? id : null;
  }

  // The connection nearest to a place, within so many pixels.
  connectionAt([x, y], limit) {
    const half = this.tile / 2;
    let found = null, nearest = limit;
    for (const d of this.rows) {
      const [x0, y0] = this.at.get(d.source), [x1, y1] = this.at.get(d.target);
      const share = (x - x0 - half) / (x1 - x0 - 2 * half);
      if (share < 0.02 || share > 0.98) continue;
      const t = parameterAt(share), slope = 6 * t * (1 - t) * (y1 - y0) / ((x1 - x0) * slopeOf(t));
      const away = Math.abs(y - y0 - (y1 - y0) * t * t * (3 - 2 * t)) / Math.hypot(1, slope);
      if (away < nearest) [nearest, found] = [away, d];
    }
    return found;
  }
}

// D3's horizontal link runs by x(t) = 1.5 t (1 − t) + t³ and y(t) = t² (3 − 2 t) of the way.
function parameterAt(share) {
  let t = share;
  for (let i = 0; i < 6; i += 1) t -= (1.5 * t * (1 - t) + t ** 3 - share) / slopeOf(t);
  return t;
}

function slopeOf(t) {
  return 1.5 - 3 * t + 3 * t * t;
}

// Corners around a frozen neuron.
function frost(r) {
  const leg = r * 0.55;
  return [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([x, y]) =>
    `M${x * r},${y * (r - leg)}V${y * r}H${x * (r - leg)}`).join("");
}
