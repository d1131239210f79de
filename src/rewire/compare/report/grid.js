// The page of a grid: curves against the cost that is chosen, the point that is looked at, tables.

const accuracy = page.measure === "accuracy";
const known = text => value => value === null || value === undefined ? "–" : text(value);
const number = known(d3.format(".4~g"));
const figure = known(accuracy ? percent : d3.format(".4~g"));
const plain = known(accuracy ? value => d3.format(".1f")(100 * value) : d3.format(".4~g"));
const signed = known(accuracy ? value => d3.format("+.1f")(100 * value) : d3.format("+.4~g"));
const chance = known(p => p < 0.001 ? "<0.001" : d3.format(".3f")(p));
const whole = known(value => value < 1e6 ? count(Math.round(value)) : d3.format(".4~s")(value));
const shown = {density: known(value => inPercent(value < 0.1 ? 2 : 1)(value)), flops: whole, training_flops: whole, bytes: whole, seconds: known(d3.format(".3~g"))};
const colours = ["var(--positive)", "var(--negative)", "var(--grown)", "var(--run-1)", "var(--busy)", "var(--run-3)", "var(--ink)"];
const shapes = [d3.symbolCircle, d3.symbolSquare, d3.symbolTriangle, d3.symbolDiamond, d3.symbolCross, d3.symbolStar, d3.symbolWye];
const dashes = ["", "8 4", "2 4", "8 3 2 3"];
const points = page.curves.flatMap((curve, n) => curve.points.map(point => ({...point, n, curve: curve.name, method: curve.method})));

function withEnds(text, interval, show, to = "–") {
  return interval && interval.low !== null ? `${text} (${show(interval.low)}${to}${show(interval.high)})` : text;
}

function settingsOf(point) {
  return [...Object.entries(point.cost), ...Object.entries(point.chosen)].map(([name, text]) => `${name} ${text}`).join(", ");
}

function sentence(point) {
  return `${point.curve}, ${settingsOf(point)}: mean ${page.measure} ${withEnds(figure(point.statistics.mean), point.statistics.interval, plain)}`;
}

class Chart {
  constructor(parent, details) {
    this.details = details;
    this.cost = "density";
    this.svg = parent.append("svg").attr("class", "chart").attr("role", "group").attr("aria-label", `${page.measure} against cost`);
    for (const name of ["across", "up"]) this[name] = this.svg.append("g").attr("class", "rule");
    for (const name of ["below", "left"]) this[name] = this.svg.append("g").attr("class", "axis");
    this.label = this.svg.append("text").attr("text-anchor", "middle");
    this.curves = this.svg.append("g");
    this.svg.on("keydown", event => { if (event.key === "Escape") document.activeElement.blur(); });
    this.look(null);
  }

  look(point) {
    this.details.selectAll("*").remove();
    if (!point) return this.details.append("p").attr("class", "note").text("Point at a point of a curve, or move to it with the tabulator, to see its figures.");
    const own = point.statistics;
    this.details.append("h3").text(`${point.curve}, ${settingsOf(point)}`);
    definitions(this.details, [
      [`mean ${page.measure}`, withEnds(figure(own.mean), own.interval, plain)],
      ["runs", count(own.runs)],
      ...own.difference ? [[`less ${page.compared_with}`, withEnds(signed(own.difference.mean), own.difference.interval, signed, " to ")], ["p, Holm", chance(point.corrected)]] : [],
      ...point.validation === null ? [] : [["chosen among", count(point.candidates)], ["by a mean of", figure(point.validation)]],
      ...Object.keys(page.axes).map(name => [page.axes[name], shown[name](point[name])]),
    ]);
  }

  draw() {
    const width = Math.max(280, this.svg.node().clientWidth || 0), height = Math.min(460, Math.max(260, width * 0.6));
    const box = {left: 52, right: width - 14, top: 12, bottom: height - 46};
    const some = points.filter(point => point.statistics.mean !== null && point[this.cost] !== null);
    const costs = d3.extent(some, point => point[this.cost]);
    const log = costs[0] > 0 && costs[1] >= 8 * costs[0];
    const x = (log ? d3.scaleLog() : d3.scaleLinear()).domain(costs).range([box.left + 14, box.right - 14]);
    const ends = some.flatMap(({statistics: {mean, interval}}) => [mean, interval.low ?? mean, interval.high ?? mean]);
    const y = d3.scaleLinear(d3.extent(ends), [box.bottom, box.top]).nice();
    this.svg.attr("viewBox", `0 0 ${width} ${height}`);
    const format = this.cost === "density" ? d3.format(".3~%") : d3.format(".3~s");
    const horizontal = d3.axisBottom(x).ticks(Math.max(3, width / 110), log ? undefined : format);
    this.below.attr("transform", `translate(0,${box.bottom})`).call(log ? horizontal.tickFormat(value => /^[125]/.test(value.toExponential()) ? format(value) : "") : horizontal.tickFormat(format));
    const vertical = d3.axisLeft(y).ticks(6);
    this.left.attr("transform", `translate(${box.left},0)`).call(accuracy ? vertical.tickFormat(d3.format(".3~%")) : vertical);
    this.across.attr("transform", `translate(${box.left},0)`).call(d3.axisLeft(y).ticks(6).tickSize(box.left - box.right).tickFormat(""));
    this.up.attr("transform", `translate(0,${box.bottom})`).call(d3.axisBottom(x).ticks(5).tickSize(box.top - box.bottom).tickFormat(""));
    this.label.attr("x", (box.left + box.right) / 2).attr("y", height - 8).text(page.axes[this.cost] + (log ? ", logarithmic" : ""));
    const groups = this.curves.selectAll("g").data(d3.groups(some, point => point.n)).join("g").attr("class", "curve");
    const line = d3.line(point => x(point[this.cost]), point => y(point.statistics.mean));
    groups.selectAll("path.line").data(([, own]) => [own]).join("path").attr("class", "line")
      .attr("stroke", ([point]) => colours[point.n % colours.length]).attr("stroke-dasharray", ([point]) => dashes[point.n % dashes.length])
      .attr("d", line);
    groups.selectAll("line").data(([, own]) => own.filter(point => point.statistics.interval.low !== null)).join("line")
      .attr("stroke", point => colours[point.n % colours.length])
      .attr("x1", point => x(point[this.cost])).attr("x2", point => x(point[this.cost]))
      .attr("y1", point => y(point.statistics.interval.low)).attr("y2", point => y(point.statistics.interval.high));
    groups.selectAll("path.point").data(([, own]) => own).join("path").attr("class", "point").attr("tabindex", 0)
      .attr("role", "img").attr("aria-label", sentence).attr("data-curve", point => point.curve)
      .attr("data-cost", point => point[this.cost]).attr("data-mean", point => point.statistics.mean)
      .style("fill", point => colours[point.n % colours.length])
      .attr("transform", point => `translate(${x(point[this.cost])},${y(point.statistics.mean)})`)
      .attr("d", point => d3.symbol(shapes[point.n % shapes.length], 90)())
      .on("focus pointerenter", (event, point) => this.look(point)).on("blur", () => this.look(null));
  }
}

function drawFigures(parent) {
  const first = points[0] || {cost: {}, chosen: {}};
  const chosen = points.some(point => point.candidates > 1);
  const columns = [
    ["method", point => point.method],
    ...Object.keys(first.cost).map(name => [name, point => point.cost[name]]),
    ...Object.keys(first.chosen).map(name => [chosen ? `${name}, chosen` : name, point => point.chosen[name]]),
    ["runs", point => count(point.statistics.runs)],
    [`mean ${page.measure} (95%)`, point => withEnds(figure(point.statistics.mean), point.statistics.interval, plain)],
    [`less ${page.compared_with} (95%)`, point => point.statistics.difference ? withEnds(signed(point.statistics.difference.mean), point.statistics.difference.interval, signed, " to ") : ""],
    ["p, Holm", point => point.statistics.difference ? chance(point.corrected) : ""],
    ...chosen ? [["chosen by", point => figure(point.validation)]] : [],
    ...Object.keys(page.axes).map(name => [page.axes[name], point => shown[name](point[name])]),
  ];
  const table = parent.select(".scroll").append("table");
  table.append("thead").append("tr").selectAll("th").data(columns).join("th").attr("scope", "col").text(column => column[0]);
  table.append("tbody").selectAll("tr").data(points).join("tr").selectAll("th,td").data(point => columns.map(([, text]) => text(point)))
    .join(enter => enter.append((text, i) => document.createElement(i ? "td" : "th"))).text(text => text);
  table.selectAll("tbody th").attr("scope", "row");
  parent.select(".note").text(page.figures_note);
}

const chart = new Chart(d3.select("#chart"), d3.select("#details"));
d3.select("#curves .note").text(page.reading);
const buttons = d3.select("#axes").selectAll("button").data(Object.keys(page.axes)).join("button").attr("type", "button")
  .attr("data-cost", name => name).text(name => capital(page.axes[name])).on("click", (event, name) => choose(name));
const legend = d3.select("#curves .legend").selectAll("li").data(page.curves).join("li");
const key = legend.append("svg").attr("viewBox", "0 0 26 10").attr("aria-hidden", "true");
key.append("line").attr("x2", 26).attr("y1", 5).attr("y2", 5).attr("stroke-width", 2.2)
  .attr("stroke", (curve, n) => colours[n % colours.length]).attr("stroke-dasharray", (curve, n) => dashes[n % dashes.length]);
key.append("path").attr("transform", "translate(13,5)").style("fill", (curve, n) => colours[n % colours.length])
  .attr("d", (curve, n) => d3.symbol(shapes[n % shapes.length], 45)());
legend.append("span").text(curve => curve.name);

function choose(name) {
  chart.cost = name;
  buttons.attr("aria-pressed", own => own === name);
  chart.draw();
}

drawFigures(d3.select("#figures"));
drawSettings(d3.select("#settings"),
  Object.entries(page.parts).map(([name, own]) => [name, own.composition]),
  d => `${d.method}, ${d.settings.join(", ")}, seed ${d.seed}`);
let width = 0;
new ResizeObserver(([entry]) => {
  if (Math.abs(entry.contentRect.width - width) > 1) chart.draw();
  width = entry.contentRect.width;
}).observe(document.querySelector("main"));
choose("density");
performance.mark("rendered");
