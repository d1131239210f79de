// The layers of a PyTorch model: a table, densities by blocks, and the kernels of convolutions.

function layersNote(run) {
  const {chain, all} = run.layers, {unit} = run;
  if (!chain.length) {
    return "No paths are drawn: the page can follow them from layer to layer in nn.Sequential only, " +
      "and this model joins its layers in another way.";
  }
  const circle = unit === "channel" ? "Circles are channels; those of the inputs are positions of the kernel. " : "";
  const which = chain.length === all.length ? "through the layers"
    : `through the ${chain.length} layers from ${chain[0]} to ${chain[chain.length - 1]}, which follow each other in nn.Sequential`;
  return `${circle}Drawn are the strongest paths ${which}: those with the largest product of weights, from up to 40 inputs.`;
}

const kindOf = layer => layer.sparse ? layer.kind : `dense ${layer.kind}`;

function drawLayers(run, section) {
  const box = section.append("div").attr("class", "layers"), parts = [];
  box.append("h3").text("Layers at this step");
  parts.push(layerTable(run, box));
  const kernels = " Of convolutions also the density at each position of the kernel, and the kernels with the " +
    "largest weights (blue positive, orange negative, empty where there is no connection).";
  box.append("p").attr("class", "note").text(
    `Below: the density of each layer by blocks of neighbouring ${run.unit}s, inputs across and outputs down; stronger ` +
    `colour means more connections.${run.layers.all.some(layer => layer.kernel.length) ? kernels : ""}`);
  const panels = box.append("div").attr("class", "panels").classed("many", run.layers.all.length > 12);
  run.layers.all.forEach((layer, k) => {
    const shown = name => `${name} ${k}` in run.frames[0].shapes;
    if (!shown("heat") && !shown("kernels")) return;
    const own = panels.append("div").attr("class", "layer").attr("data-layer", layer.name);
    own.append("h3").text(layer.name).append("span").text(`${kindOf(layer)} ${layer.shape.join(" × ")}`);
    const pictures = own.append("div").attr("class", "pictures");
    if (shown("heat")) parts.push(shares(run, pictures, `heat ${k}`, "Density", (i, columns) => `block ${i % columns} to ${Math.floor(i / columns)}`));
    if (shown("where") && layer.sparse) parts.push(shares(run, pictures, `where ${k}`, "By position", (i, columns) => `row ${Math.floor(i / columns)}, column ${i % columns}`));
    if (shown("kernels")) parts.push(part(new Kernels(run, pictures, k), frame => frame));
  });
  return frame => parts.forEach(draw => draw(frame));
}

function shares(run, parent, name, title, place) {
  const [rows, columns] = run.frames[0].shapes[name];
  const cells = new Cells(parent, title, [rows, columns],
    d3.max(run.frames, frame => d3.max(frame[name])) || 1, most => percent(most),
    (i, v) => `${place(i, columns)}: ${percent(v)}`, most => `up to ${percent(most)}`);
  cells.svg.attr("class", name.split(" ")[0]).attr("data-name", name);
  return part(cells, frame => frame[name]);
}

const LAYER_COLUMNS = [
  ["Connections", d => count(d.connections)],
  ["Density", d => percent(d.density)],
  ["Moved so far", d => d.moved === null ? "" : count(d.moved)],
  ["Inputs read", d => count(d.channels)],
  ["Outputs fed", d => count(d.targets)],
];

function layerTable(run, box) {
  const {all} = run.layers, many = all.length > 12;
  const details = box.append("details").attr("class", "wide").property("open", !many);
  details.append("summary").text(`${all.length} layers`);
  const table = details.append("table");
  table.append("thead").append("tr").selectAll("th")
    .data(["Layer", "Kind", "Shape", ...LAYER_COLUMNS.map(d => d[0])]).join("th").attr("scope", "col").text(d => d);
  const body = table.append("tbody");
  return frame => body.selectAll("tr").data(frame.layers).join("tr").selectAll("td,th")
    .data((d, k) => [all[k].name, kindOf(all[k]), all[k].shape.join(" × "), ...LAYER_COLUMNS.map(([, text]) => text(d))])
    .join(enter => enter.append((d, i) => document.createElement(i ? "td" : "th"))).text(d => d);
}

// Kernels beside each other, those that hold the largest weights of a convolution.
class Kernels {
  constructor(run, parent, k) {
    const all = run.frames.map(frame => frame[`kernels ${k}`]), name = `kernels ${k}`;
    const most = d3.max(run.frames, frame => frame.shapes[name][0]), [rows, columns] = run.layers.all[k].kernel;
    const across = Math.min(8, most), down = Math.ceil(most / across), gap = 0.5;
    Object.assign(this, {k, rows, columns, across, gap});
    this.most = d3.max(all, values => d3.max(values, Math.abs)) || 1;
    const {box, svg} = panel(parent, "Kernels", across * (columns + gap) - gap, down * (rows + gap) - gap);
    this.svg = svg.attr("class", "kernels").attr("data-name", name);
    this.note = box.append("p").attr("class", "note").text(this.scale = `${most} kernel${most === 1 ? "" : "s"}, weights up to ${d3.format(".2~g")(this.most)}`);
  }

  draw(frame) {
    const {k, rows, columns, across, gap} = this, values = frame[`kernels ${k}`], pairs = frame[`pairs ${k}`];
    const size = rows * columns, place = i => [(i % across) * (columns + gap), Math.floor(i / across) * (rows + gap)];
    const shown = d3.range(pairs.length / 2).map(i => ({i, target: pairs[2 * i], source: pairs[2 * i + 1]}));
    const groups = this.svg.selectAll("g").data(shown).join(enter => {
      const group = enter.append("g");
      group.append("rect").attr("class", "kernel").attr("width", columns).attr("height", rows);
      return group;
    }).attr("transform", d => `translate(${place(d.i)})`)
      .on("pointerenter", (event, d) => this.note.text(`channel ${d.source} to channel ${d.target}`))
      .on("pointerleave", () => this.note.text(this.scale));
    groups.selectAll("rect.weight").data(d => d3.range(size).map(j => ({j, value: values[d.i * size + j]})).filter(c => !isNaN(c.value)))
      .join("rect").attr("class", d => `weight ${d.value < 0 ? "negative" : "positive"}`).attr("width", 1).attr("height", 1)
      .attr("x", d => d.j % columns).attr("y", d => Math.floor(d.j / columns)).attr("data-value", d => d.value)
      .attr("fill-opacity", d => 0.08 + 0.92 * (Math.abs(d.value) / this.most) ** 0.75);
  }
}
