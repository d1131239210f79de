// How good the network is at the end, and which inputs it rests on.

const MOST_NAMES = 12;

function drawAssessments(parent) {
  for (const run of page.runs) {
    if (run.assessment) drawAssessment(parent.append("div").attr("class", "assessed"), run);
  }
}

function drawAssessment(box, run) {
  const found = run.assessment, main = found.parts[found.main];
  const whose = page.runs.length > 1 ? `: ${run.name}` : "";
  box.append("h2").text(`How good is it${whose}`);
  box.append("p").attr("class", "verdict").text(found.verdict);
  box.selectAll("p.warning").data(found.notices).join("p").attr("class", "warning").text(d => d);
  const classes = () => main.classes && drawClasses(box, main.classes);
  if (found.uneven) classes(); // before the accuracy, which says little of uneven classes
  drawCells(box, "Scores", [found.headings, ...found.rows]);
  if (!found.uneven) classes();
  const pictures = box.append("div").attr("class", "pictures");
  if (main.confusion) drawConfusion(pictures, main);
  if (main.calibration) drawCalibration(pictures, main.calibration, found.classes);
  if (main.residuals) drawResiduals(pictures, main.residuals);
  if (found.inputs) drawInputs(box, found, whose);
}

function drawCells(box, title, [headings, ...rows]) {
  const table = box.append("div").attr("class", "wide").attr("role", "region").attr("aria-label", title)
    .attr("tabindex", 0).append("table");
  table.append("caption").text(title);
  table.append("thead").append("tr").selectAll("th").data(headings).join("th").attr("scope", "col").text(d => d);
  table.append("tbody").selectAll("tr").data(rows).join("tr").selectAll("th,td").data(d => d)
    .join(enter => enter.append((d, i) => document.createElement(i ? "td" : "th"))).text(d => d);
}

function drawClasses(box, classes) {
  const all = v => v === null ? "–" : v === 1 ? "100%" : percent(Math.min(v, 0.999)); // only all is 100%
  drawCells(box, "Class by class", [["class", "samples", "recall", "95%", "precision"], ...classes.map(row => [
    row.class, count(row.samples), all(row.recall),
    row.recall_interval ? row.recall_interval.map(all).join(" to ") : "–", all(row.precision),
  ])]);
}

// A picture with axes: returns its svg, and the scales from data to places.
function axes(parent, title, [across, up], [below, beside], format) {
  const width = 300, height = 250, left = 52, bottom = 210;
  const {svg, box} = panel(parent, title, width, height);
  const x = d3.scaleLinear(across, [left, width - 10]), y = d3.scaleLinear(up, [bottom, 18]);
  svg.append("g").attr("class", "axis").attr("transform", `translate(0,${bottom})`)
    .call(d3.axisBottom(x).ticks(4, format).tickSizeOuter(0));
  svg.append("g").attr("class", "axis").attr("transform", `translate(${left},0)`)
    .call(d3.axisLeft(y).ticks(5, format).tickSizeOuter(0));
  svg.append("text").attr("x", width - 10).attr("y", height - 4).attr("text-anchor", "end").text(below);
  svg.append("text").attr("x", 0).attr("y", 11).text(beside);
  return {svg, box, x, y};
}

function drawConfusion(parent, {confusion, classes}) {
  const n = confusion.length, named = n <= MOST_NAMES, names = classes.map(row => row.class);
  const left = named ? 8 + 6.6 * Math.min(14, d3.max(names, d => d.length)) : 4, top = named ? 26 : 4;
  const side = Math.max(4, Math.min(52, (330 - left) / n));
  const {svg, box} = panel(parent, "Who is taken for whom (row: is, column: answered)", left + side * n + 2, top + side * n + 2);
  svg.attr("class", "confusion").style("max-width", `${left + side * n + 2}px`); // text at its own size
  const cells = confusion.flatMap((row, i) => row.map((value, j) => ({value, i, j, share: value / (d3.sum(row) || 1)})));
  const groups = svg.selectAll("g").data(cells).join("g").attr("transform", d => `translate(${left + d.j * side},${top + d.i * side})`);
  groups.append("rect").attr("class", d => d.i === d.j ? "right" : "wrong").attr("width", side - 1).attr("height", side - 1)
    .attr("fill-opacity", d => 0.06 + 0.7 * d.share).attr("data-count", d => d.value);
  groups.append("title").text(d => `${names[d.i]} answered as ${names[d.j]}: ${count(d.value)}`);
  if (side >= 22) {
    groups.append("text").attr("x", side / 2 - 0.5).attr("y", side / 2 + 4).attr("text-anchor", "middle")
      .style("fill", "var(--ink)").text(d => d.value ? d3.format(d.value < 1000 ? "d" : ".2s")(d.value) : "");
  }
  if (!named) return box.append("p").attr("class", "note").text("Point at a cell to see its classes.");
  const room = Math.floor(side / 6.8);
  const cut = (text, most) => text.length > most ? text.slice(0, Math.max(1, most - 1)) + "…" : text;
  svg.selectAll("text.of").data(names).join("text").attr("class", "of").attr("x", left - 5)
    .attr("y", (d, i) => top + side * (i + 0.5) + 4).attr("text-anchor", "end").text(d => cut(d, 14));
  svg.selectAll("text.as").data(names).join("text").attr("class", "as").attr("y", top - 8)
    .attr("x", (d, i) => left + side * (i + 0.5)).attr("text-anchor", "middle").text(d => cut(d, room));
}

function drawCalibration(parent, found, classes) {
  const of = classes.length === 2 ? `probability of ${classes[1]}` : "probability of the answer";
  const {svg, box, x, y} = axes(parent, "Can the probabilities be believed?", [[0, 1], [0, 1]],
    [of, "how often that was right"], ".0%");
  svg.attr("class", "calibration");
  svg.append("line").attr("class", "ideal").attr("x1", x(0)).attr("y1", y(0)).attr("x2", x(1)).attr("y2", y(1));
  const points = d3.zip(found.predicted, found.observed, found.intervals, found.samples);
  svg.append("path").attr("class", "curve").style("stroke", "var(--positive)").attr("d", d3.line(d => x(d[0]), d => y(d[1]))(points));
  svg.selectAll("line.spread").data(points).join("line").attr("class", "spread").attr("x1", d => x(d[0])).attr("x2", d => x(d[0]))
    .attr("y1", d => y(d[2][0])).attr("y2", d => y(d[2][1]));
  svg.selectAll("circle").data(points).join("circle").attr("class", "right").attr("r", 4).attr("cx", d => x(d[0])).attr("cy", d => y(d[1]))
    .append("title").text(d => `${count(d[3])} samples: said ${percent(d[0])}, happened ${percent(d[1])}`);
  box.append("p").attr("class", "note").text("Groups of samples by their probability, with 95% intervals; on the dashed line they are right.");
}

function drawResiduals(parent, found) {
  const most = d3.max(found.residual, Math.abs) || 1, [low, high] = d3.extent(found.predicted);
  const {svg, box, x, y} = axes(parent, "What predictions are off by", [[low, high === low ? low + 1 : high], [-most, most]],
    ["predicted", "predicted less true"], "~s");
  svg.attr("class", "residuals");
  svg.append("line").attr("class", "ideal").attr("x1", x.range()[0]).attr("x2", x.range()[1]).attr("y1", y(0)).attr("y2", y(0));
  svg.selectAll("circle").data(d3.zip(found.predicted, found.residual)).join("circle").attr("class", "point").attr("r", 3)
    .attr("cx", d => x(d[0])).attr("cy", d => y(d[1]));
  const at = share => d3.format("+,.3~r")(found.quantiles[share]);
  box.append("p").attr("class", "note").text(`Half of them are between ${at("0.25")} and ${at("0.75")}, nine tenths between ${at("0.05")} and ${at("0.95")}.`);
}

function drawInputs(box, found, whose) {
  const {shown, used, all, shuffled, unused} = found.inputs;
  const classify = found.task === "classification", score = classify ? "accuracy" : "R²";
  box.append("h2").text(`Which inputs${whose}`);
  box.append("p").text(`${count(used)} of ${count(all)} inputs are on a path to an output.`);
  if (!shown.length) return;
  const measured = shown.some(row => row.importance !== null);
  const value = row => measured ? row.importance || 0 : row.strength;
  // As wide as there is room, so that letters keep their size on a phone.
  const width = Math.max(260, Math.min(560, box.node().clientWidth - 32)), line = 22, left = Math.round(0.34 * width), top = 4;
  const cut = text => text.length > left / 7 ? text.slice(0, Math.floor(left / 7) - 1) + "…" : text;
  const {svg} = panel(box, measured ? `How much ${score} is lost when an input is shuffled` : "Share of all paths to the outputs",
    width, top + line * shown.length + 4);
  svg.attr("class", "inputs").style("max-width", `${width}px`);
  const low = Math.min(0, d3.min(shown, row => value(row) - (row.deviation || 0)));
  const high = d3.max(shown, row => value(row) + (row.deviation || 0)) || 1;
  const x = d3.scaleLinear([low, high], [left, width - 66]);
  const text = d3.format(classify || !measured ? ".1%" : ".3f");
  const rows = svg.selectAll("g").data(shown).join("g").attr("transform", (d, i) => `translate(0,${top + line * i})`)
    .attr("data-input", d => d.column).attr("data-importance", value);
  rows.append("text").attr("x", left - 8).attr("y", 14).attr("text-anchor", "end").style("fill", "var(--ink)").text(d => cut(d.column));
  rows.append("title").text(d => `${d.column}: ${text(value(d))}, ${percent(d.strength)} of all paths`);
  rows.append("rect").attr("class", "bar").attr("y", 3).attr("height", line - 8)
    .attr("x", d => x(Math.min(0, value(d)))).attr("width", d => Math.abs(x(value(d)) - x(0)));
  rows.filter(d => measured && d.deviation).append("line").attr("class", "spread").attr("y1", 10).attr("y2", 10)
    .attr("x1", d => x(value(d) - d.deviation)).attr("x2", d => x(value(d) + d.deviation));
  rows.append("text").attr("x", d => x(Math.max(0, value(d) + (measured ? d.deviation || 0 : 0))) + 6).attr("y", 14).text(d => text(value(d)));
  const notes = [];
  if (measured && shuffled < used) notes.push(`Only the ${shuffled} with the strongest paths were shuffled.`);
  if (used > shown.length) notes.push(`The first ${shown.length} of ${count(used)}.`);
  if (unused.length) notes.push(`Not used at all: ${unused.join(", ")}${unused.length < all - used ? ", …" : ""}.`);
  if (notes.length) box.append("p").attr("class", "note").text(notes.join(" "));
}
