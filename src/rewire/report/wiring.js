// The wiring of a run at a frame, and the details of the chosen neuron.

// Pixels at the left for the labels of ranks, degrees that names are slanted by, and pixels that a
// letter of a name takes.
const GUTTER = 92, SLANT = 40, LETTER = 6.6;

function shortened(text) {
  return text.length > 20 ? text.slice(0, 19) + "…" : text;
}

// The end of a layer's name, which has room beside its rank.
function ending(name) {
  return (name.length > 13 ? "…" + name.slice(-12) : name) + ":";
}

class Wiring {
  constructor(run, section) {
    this.run = run;
    this.chosen = null; // the chosen neuron, as [rank, number within the rank]
    this.pinned = null; // the neuron that stays chosen when the pointer leaves
    this.svg = section.append("svg").attr("class", "wiring")
      .attr("role", "group").attr("aria-label", `Wiring of ${run.name}`);
    this.layers = ["dropped", "connections", "names", "neurons", "ends"]
      .map(name => this.svg.append("g").attr("class", name));
    this.details = section.append("div").attr("class", "details").attr("aria-live", "polite");
    this.svg.on("keydown", event => this.walk(event));
    this.svg.on("pointerleave", () => this.look(this.pinned));
  }

  // Places the neurons that are shown: rank below rank, side by side.
  arrange(strip) {
    const {frame, run} = this, width = this.svg.node().clientWidth || 600;
    const rows = frame.ranks.length;
    const shown = d3.range(rows).map(() => []);
    frame.neuron.forEach((number, i) => {
      if (!strip || frame.alive[i]) shown[rankOf(frame, number)].push(number);
    });
    // In a large network, of which a part is shown, each neuron keeps its place in its rank.
    const crowd = d3.max(shown, (row, r) => run.whole ? row.length : Math.min(frame.ranks[r], 60)) || 1;
    const inner = width - GUTTER - 14, step = row => Math.min(inner / row.length, 52);
    this.radius = Math.max(1.6, Math.min(15, Math.min(inner / crowd, 52) * 0.38));
    const ends = [this.names(shown[0], step(shown[0])), this.names(shown[rows - 1], step(shown[rows - 1]))];
    const distance = Math.max(64, Math.min(140, width / rows));
    const top = this.radius + 14 + ends[0].room;
    const bottom = top + (rows - 1) * distance, height = bottom + this.radius + 14 + ends[1].room;
    this.at = new Map();
    shown.forEach((row, r) => row.forEach((number, i) => {
      const across = run.whole
        ? GUTTER + inner / 2 + (i - (row.length - 1) / 2) * step(row)
        : GUTTER + inner * (number - frame.start[r] + 0.5) / frame.ranks[r];
      this.at.set(number, [across, top + r * distance]);
    }));
    // The last slanted name may reach beyond the last input: everything is a little smaller then.
    const reach = d => this.at.get(d.number)[0] + d.text.length * LETTER * Math.cos(SLANT * Math.PI / 180) + 8;
    const widest = Math.max(width, ends[0].slanted ? d3.max(ends[0].texts, reach) : 0);
    this.svg.attr("viewBox", `0 0 ${widest} ${height}`);
    this.layers[2].selectAll("text").data(shown).join("text").attr("class", "rank")
      .attr("y", (row, r) => top + r * distance)
      .selectAll("tspan").data((row, r) => this.rank(row.length, r)).join("tspan")
      .attr("x", 0).attr("dy", (line, i, all) => i ? "1.2em" : `${0.35 - 0.6 * (all.length - 1)}em`).text(d => d);
    this.layers[4].selectAll("text").data(ends.flatMap((end, k) => end.texts.map(d => ({...d, ...end, k}))))
      .join("text").attr("class", "end").text(d => d.text)
      .attr("text-anchor", d => !d.slanted ? "middle" : d.k ? "end" : "start")
      .attr("transform", d => {
        const [x, y] = this.at.get(d.number), away = this.radius + (d.slanted ? 6 : 9);
        return `translate(${x},${d.k ? y + away + (d.slanted ? 0 : 5) : y - away})rotate(${d.slanted ? -SLANT : 0})`;
      });
  }

  // The names of the neurons in the first or last rank: beside each other, slanted, or none.
  names(row, step) {
    const texts = row.map(number => ({number, text: shortened(this.given(number) ?? "")}));
    const longest = d3.max(texts, d => d.text.length * LETTER) || 0;
    if (!longest || !this.run.whole) return {texts: [], room: 0, slanted: false};
    if (longest + 8 < step) return {texts, room: 14, slanted: false};
    if (step < 11) return {texts: [], room: 0, slanted: false};
    return {texts, room: longest * Math.sin(SLANT * Math.PI / 180) + 8, slanted: true};
  }

  // The label of a rank, line by line.
  rank(drawn, r) {
    const {frame, run} = this, all = frame.ranks[r], last = frame.ranks.length - 1;
    const kind = r === 0 ? (run.input_shape ? "pixel" : "input") : r === last ? "output" : run.unit;
    const many = n => `${count(n)} ${kind}${n === 1 ? "" : "s"}`;
    const lines = run.layers && r ? [ending(run.layers.chain[r - 1])] : kind === run.unit ? [`Layer ${r}:`] : [];
    return run.whole ? [...lines, many(drawn)] : [...lines, many(all), `${drawn} drawn`];
  }

  draw(index, strip, moving) {
    const {run} = this, frame = this.frame = run.frames[index];
    const before = this.before = run.frames[Math.max(0, index - 1)];
    this.svg.style("display", frame.ranks.length ? null : "none");
    if (!frame.ranks.length) { // no layers follow each other
      this.at = new Map();
      this.look(null);
      return;
    }
    this.arrange(strip);
    const gentle = moving && this.at.size < 200 &&
      !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.after = selection => gentle ? selection.transition().duration(350) : selection;
    const rows = Array.from(frame.source, (source, i) => ({
      source, target: frame.target[i], weight: frame.weight[i], grown: frame.grown[i] > 0,
    }));
    this.rows = rows;
    const gone = Array.from(frame.dropped || [], i => ({
      source: before.source[i], target: before.target[i], weight: before.weight[i], gone: true,
    }));
    this.lines(this.layers[0], gone);
    this.lines(this.layers[1], rows);
    this.circles();
    this.look(this.chosen);
  }

  lines(layer, rows) {
    const {frame, run, at} = this;
    drawConnections(layer, rows.filter(d => at.has(d.source) && at.has(d.target)), {
      link: d3.linkVertical().source(d => at.get(d.source)).target(d => at.get(d.target)),
      largest: run.largest,
      alive: number => frame.alive[frame.place.get(number)],
      name: number => label(frame, number),
      after: this.after,
    });
  }

  circles() {
    const {frame, run, at, radius} = this;
    const shown = Array.from(frame.neuron, (number, i) => ({number, i}))
      .filter(d => at.has(d.number));
    const groups = this.layers[3].selectAll("g.neuron").data(shown, d => label(frame, d.number))
      .join(enter => {
        const group = enter.append("g").attr("tabindex", -1).attr("role", "img");
        group.append("circle").attr("class", "body");
        group.append("circle").attr("class", "activity");
        group.append("text");
        return group.attr("transform", d => `translate(${at.get(d.number)})`);
      });
    const busy = d => frame.activity ? Math.min(1, frame.activity[d.i] / (run.busiest[rankOf(frame, d.number)] || 1)) : 0;
    groups
      .attr("class", d => "neuron" + (frame.alive[d.i] ? "" : " dead") + (busy(d) > 0.55 && frame.alive[d.i] ? " busy" : ""))
      .attr("data-neuron", d => label(frame, d.number))
      .attr("aria-label", d => this.sentence(d.number))
      .on("pointerenter focus", (event, d) => this.look(this.own(d.number)))
      .on("blur", () => this.look(this.pinned))
      .on("click", (event, d) => {
        this.pinned = this.own(d.number);
        this.look(this.pinned);
      });
    groups.select(".body").attr("r", radius);
    groups.select(".activity").attr("r", radius - 0.8).attr("fill-opacity", d => 0.9 * busy(d));
    groups.select("text").attr("font-size", radius * 0.72)
      .text(d => radius > 9 ? label(frame, d.number) : "");
    this.after(groups).attr("transform", d => `translate(${at.get(d.number)})`);
    this.tabStop();
  }

  // One neuron is reached with the tab key, the others from there with the arrow keys.
  tabStop() {
    const groups = this.layers[3].selectAll("g.neuron");
    const key = this.chosen && this.chosen.join("_");
    const chosen = groups.filter(d => label(this.frame, d.number) === key);
    groups.attr("tabindex", -1);
    (chosen.empty() ? groups.filter((d, i) => i === 0) : chosen).attr("tabindex", 0);
  }

  own(number) {
    const rank = rankOf(this.frame, number);
    return [rank, number - this.frame.start[rank]];
  }

  numberOf(own) {
    return own && own[1] < this.frame.ranks[own[0]] ? this.frame.start[own[0]] + own[1] : null;
  }

  walk(event) {
    const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
    if (event.key === "Escape") {
      this.pinned = null;
      document.activeElement.blur();
    }
    if (!step || !this.chosen) return;
    event.preventDefault();
    event.stopPropagation();
    const here = this.numberOf(this.chosen);
    if (!this.at.has(here)) return;
    const next = neighbour(this.at, here, step, 0, number => rankOf(this.frame, number));
    if (next === undefined) return;
    this.layers[3].selectAll("g.neuron").filter(d => d.number === next).node().focus();
  }

  // What an input or an output is called in the data; null for other neurons.
  given(number) {
    const names = this.run.feature_names || [], {classes} = this.run, {start, ranks} = this.frame;
    const last = ranks.length - 1, output = number - start[last];
    return number in names ? names[number]
      : output >= 0 && classes.length === ranks[last] ? classes[output] : null;
  }

  name(number) {
    const own = this.given(number);
    return label(this.frame, number) + (own === null ? "" : ` (${own})`);
  }

  sentence(number) {
    const {frame} = this, i = frame.place.get(number), rank = rankOf(frame, number);
    const kind = rank === 0 ? "Input" : rank === frame.ranks.length - 1 ? "Output" : capital(this.run.unit);
    const life = frame.alive[i] ? "" : ", dead";
    return `${kind} ${this.name(number)}${life}: ${frame.fan_in[i]} connections in, ${frame.fan_out[i]} out`;
  }

  // Shows a neuron's connections and history; null for no neuron.
  look(own) {
    this.chosen = own;
    const number = this.numberOf(own), known = number !== null && this.at.has(number);
    const near = d => known && (d.source === number || d.target === number);
    this.svg.classed("looking", known);
    this.svg.selectAll("path.connection").classed("near", near);
    this.layers[3].selectAll("g.neuron").classed("chosen", d => known && d.number === number);
    this.tabStop();
    this.details.selectChildren().remove();
    if (!known) {
      const {unit, layers} = this.run, whole = layers ? "The whole model." : "The whole network.";
      this.details.append("p").attr("class", "note").text(own === null
        ? whole + (this.at.size ? ` Point at a ${unit}, or move to one with the arrow keys, to see its connections and history.` : "")
        : `${capital(unit)} ${own.join("_")} is not shown at this step.`);
      this.story();
      return;
    }
    this.describe(number);
  }

  describe(number) {
    const {frame, details} = this, i = frame.place.get(number);
    const weight = v => d3.format(v && Math.abs(v) < 0.001 ? "+.1e" : "+.3~g")(v);
    details.append("p").append("strong").text(this.sentence(number));
    details.append("p").text([
      rankOf(frame, number) ? `bias ${weight(frame.bias[i])}` : "",
      frame.activity ? `mean activity ${d3.format(".3~g")(frame.activity[i])}` : "",
    ].filter(text => text).join(", "));
    for (const [title, end, other] of [["In", "target", "source"], ["Out", "source", "target"]]) {
      const rows = d3.sort(this.rows.filter(d => d[end] === number), d => -Math.abs(d.weight));
      if (!rows.length) continue;
      const line = details.append("p").attr("class", title.toLowerCase())
        .text(this.run.whole ? `${title}: ` : `${title}, of those drawn: `);
      line.selectAll("span").data(rows.slice(0, 12)).join("span")
        .attr("class", d => d.weight < 0 ? "negative" : "positive")
        .text((d, k) => (k ? ", " : "") + `${label(frame, d[other])} ${weight(d.weight)}`);
      if (rows.length > 12) line.append("span").text(`, and ${rows.length - 12} more`);
    }
    this.history(number);
  }

  // The history of the whole network: connections grown and dropped, and neurons in use.
  story() {
    const {run, frame} = this, width = 480, end = 288, middle = 34, base = 108;
    const height = knownPaths(this.frame) ? 116 : 70;
    const svg = this.details.append("svg").attr("class", "story").attr("viewBox", `0 0 ${width} ${height}`)
      .attr("role", "img").attr("aria-label", "Connections grown and dropped, and hidden neurons in use, over the training");
    const x = d3.scaleLinear([0, run.total_steps], [4, end]);
    const size = d3.scaleLinear([0, d3.max(run.frames, one => d3.max(one.moved)) || 1], [0, 30]);
    const thick = Math.max(1, Math.min(7, 0.7 * end / run.frames.length));
    [["down", -1], ["up", 1]].forEach(([name, sign], k) => {
      svg.append("g").selectAll("rect").data(run.frames).join("rect").attr("class", name)
        .attr("data-count", one => one.moved[k]).attr("width", thick).attr("height", one => size(one.moved[k]))
        .attr("x", one => x(one.step) - thick / 2).attr("y", one => middle - (sign > 0 ? size(one.moved[k]) : 0));
    });
    svg.append("line").attr("stroke", "var(--faint)").attr("x1", 4).attr("x2", end).attr("y1", middle).attr("y2", middle);
    const used = one => one.totals[2] - one.totals[3], [, , hidden] = frame.totals, knows = knownPaths(frame);
    const y = d3.scaleLinear([0, d3.max(run.frames, one => one.totals[2]) || 1], [base, 72]);
    if (knows) {
      svg.append("path").attr("class", "curve").style("stroke", "var(--ink)")
        .attr("d", d3.line(one => x(one.step), one => y(used(one))).curve(d3.curveStepAfter)(run.frames));
    }
    const [dropped, grown] = frame.moved;
    const neurons = [[`${count(used(frame))} of ${count(hidden)} hidden ${run.unit}s`, 88, "--ink"], ["in use", 104, "--ink"]];
    [[`▲ ${count(grown)} grown`, 22, "--grown"], [`▼ ${count(dropped)} dropped`, 54, "--dropped"], ...knows ? neurons : []]
      .forEach(([text, at, colour]) => svg.append("text").attr("x", end + 12).attr("y", at).attr("font-size", 13)
        .style("fill", `var(${colour})`).text(text));
    svg.append("line").attr("class", "cursor").attr("y1", 0).attr("y2", height)
      .attr("x1", x(frame.step)).attr("x2", x(frame.step));
  }

  history(number) {
    const {run, frame} = this, [rank, own] = this.own(number);
    const found = run.frames.map((one, k) => {
      const i = own < one.ranks[rank] ? one.place.get(one.start[rank] + own) : undefined;
      return i === undefined ? null : {step: run.keys[k], in: one.fan_in[i], out: one.fan_out[i], activity: one.activity && one.activity[i]};
    });
    const known = found.filter(d => d);
    const width = 420, height = 62;
    const svg = this.details.append("svg").attr("class", "history").attr("viewBox", `0 0 ${width} ${height}`)
      .attr("role", "img").attr("aria-label", "Connections in and out of this neuron over the training");
    const x = d3.scaleLinear([0, run.total_steps], [2, width - 92]);
    const y = d3.scaleLinear([0, d3.max(known, d => Math.max(d.in, d.out)) || 1], [height - 6, 6]);
    const busy = d3.scaleLinear([0, d3.max(known, d => d.activity) || 1], [height - 6, 6]);
    const lines = [["in", y, "--ink"], ["out", y, "--run-2"], ...frame.activity ? [["activity", busy, "--busy"]] : []];
    for (const [name, scale, colour] of lines) {
      svg.append("path").attr("class", "curve").style("stroke", `var(${colour})`)
        .attr("d", d3.line(d => x(d.step), d => scale(d[name])).defined(d => d).curve(name === "activity" ? d3.curveLinear : d3.curveStepAfter)(found));
    }
    lines.forEach(([name, , colour], k) => {
      svg.append("text").attr("x", width - 86).attr("y", 16 + 18 * k).attr("font-size", 12)
        .style("fill", `var(${colour})`).text(name === "activity" ? "activity" : `connections ${name}`);
    });
    svg.append("line").attr("class", "cursor").attr("y1", 0).attr("y2", height)
      .attr("x1", x(frame.step)).attr("x2", x(frame.step));
  }
}
