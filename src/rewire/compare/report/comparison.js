// The page: every run, the figures, the pairs, the ranks and what was compared.

const accuracy = page.measure === "accuracy";
const worst = accuracy ? -Infinity : Infinity;
const known = text => value => value === null || value === undefined ? "–" : text(value);
const number = known(d3.format(".4~g"));
const brief = known(d3.format(".2~g"));
const figure = known(accuracy ? percent : d3.format(".4~g"));
const plain = known(accuracy ? value => d3.format(".1f")(100 * value) : d3.format(".4~g"));
const signed = known(accuracy ? value => d3.format("+.1f")(100 * value) : d3.format("+.4~g"));
const chance = known(p => p < 0.001 ? "<0.001" : d3.format(".3f")(p));
const goal = page.reach === null ? null : `${accuracy ? "≥" : "≤"} ${accuracy ? d3.format(".6~%")(page.reach) : number(page.reach)}`;
const baseline = page.compared_with, unit = accuracy ? " (percentage points)" : "";

function ends(text, interval, show, to = "–") {
  return interval && interval.low !== null ? `${text} (${show(interval.low)}${to}${show(interval.high)})` : text;
}

function pairOf(method, other) {
  for (const pair of page.pairs) {
    if (pair.method === method && pair.other === other) return {...pair, sign: 1};
    if (pair.method === other && pair.other === method) return {...pair, sign: -1};
  }
  return null;
}

function range([low, high]) {
  return low === high ? count(low) : `${count(low)}–${count(high)}`;
}

function drawFigures(parent) {
  const several = page.methods.length > 1;
  const columns = [
    ["method", d => d.name],
    ["runs", d => count(d.runs)],
    [`mean ${page.measure} (95%)`, d => ends(figure(d.mean), d.interval, plain)],
    ["median", d => figure(d.median)],
    ["spread", d => plain(d.deviation)],
    goal && [`${goal} (95%)`, d => ends(inPercent(0)(d.reached.share), d.reached.interval, v => d3.format(".0f")(100 * v))],
    several && [`less ${baseline} (95%)`, d => d.difference ? ends(signed(d.difference.mean), d.difference.interval, signed, " to ") : ""],
    several && ["p", d => d.difference ? chance(d.difference.p) : ""],
    several && ["p, Holm", d => d.difference ? chance((pairOf(d.name, baseline) || {}).corrected) : ""],
    ["seconds", d => brief(d.seconds)],
    ["connections", d => range(d.connections)],
  ].filter(column => column);
  const table = parent.select(".scroll").append("table");
  table.append("thead").append("tr").selectAll("th").data(columns).join("th").attr("scope", "col").text(d => d[0]);
  table.append("tbody").selectAll("tr").data(page.methods).join("tr").attr("data-method", d => d.name)
    .selectAll("th,td").data(d => columns.map(([, text]) => text(d)))
    .join(enter => enter.append((d, i) => document.createElement(i ? "td" : "th"))).text(d => d);
  table.selectAll("tbody th").attr("scope", "row");
  parent.select(".note").text(page.figures_note);
}

function drawPairs(parent) {
  parent.select(".note").text(page.pairs_note);
  if (!page.pairs.length) return parent.select(".scroll").remove();
  const names = page.methods.map(method => method.name);
  const table = parent.select(".scroll").append("table");
  table.append("thead").append("tr").selectAll("th").data(["", ...names]).join("th").attr("scope", "col")
    .text((name, i) => i ? `less ${name}` : "");
  const rows = table.append("tbody").selectAll("tr").data(names).join("tr");
  rows.append("th").attr("scope", "row").text(d => d);
  rows.selectAll("td").data(name => names.map(other => pairOf(name, other))).join("td").each(function(pair) {
    const cell = d3.select(this);
    if (!pair) return cell.text("");
    const change = pair.difference.mean === null ? null : pair.sign * pair.difference.mean;
    const [good, bad] = accuracy === pair.sign > 0 ? [pair.more, pair.less] : [pair.less, pair.more];
    const better = change === null ? good > bad : accuracy ? change > 0 : change < 0;
    cell.attr("class", pair.apart ? better ? "better" : "worse" : "alike")
      .attr("data-change", change).attr("data-p", pair.corrected);
    cell.append("span").text(`${pair.apart ? better ? "▲ " : "▼ " : ""}${signed(change)}`);
    cell.append("small").text(`p ${pair.corrected >= 0.001 ? "= " : ""}${chance(pair.corrected)}`);
    cell.append("small").text(`${good} better, ${bad} worse`);
  });
  return table;
}

document.getElementById("reading").textContent = page.reading;
const swarm = new Swarm(d3.select("#swarm"), d3.select("#details"));
const drawn = [swarm];
drawFigures(d3.select("#figures"));
drawPairs(d3.select("#pairs"));
if (page.ranking) drawn.push(new Ranks(d3.select("#diagram")));
d3.select("#ranks .note").text(page.ranks_note);
drawKept(d3.select("#inputs"));
drawSettings(d3.select("#settings"),
  page.methods.map(d => [d.name, `${d.composition}; ${d.optimizer}`]),
  d => `${d.method}, seed ${d.seed}`);

let width = 0;
new ResizeObserver(([entry]) => {
  if (Math.abs(entry.contentRect.width - width) > 1) drawn.forEach(one => one.draw());
  width = entry.contentRect.width;
}).observe(document.querySelector("main"));
drawn.forEach(one => one.draw());
performance.mark("rendered");
