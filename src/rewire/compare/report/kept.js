// How often each method keeps each input: bars by name, or a map of an image's pixels.

const MOST_BARS = 30;

function drawKept(parent) {
  const found = page.selection;
  if (!found) {
    d3.select("#controls a[href='#inputs']").remove();
    return parent.remove();
  }
  parent.select(".note").text([page.kept_note, ...found.says].join(" "));
  for (const [method, own] of Object.entries(found.methods)) {
    const box = parent.select(".kept").append("figure").attr("data-method", method).style("margin", 0);
    box.append("h3").text(method);
    (found.shape ? drawPixels : drawBars)(box, method, own.kept, found);
  }
}

function drawBars(box, method, kept, found) {
  const known = new Set(found.informative);
  const rows = d3.sort(d3.range(kept.length), i => -kept[i], i => !known.has(i)).slice(0, MOST_BARS);
  const width = 320, line = 19, left = 150;
  const svg = box.append("svg").attr("viewBox", `0 0 ${width} ${line * rows.length}`).attr("role", "img")
    .attr("aria-label", `Inputs that ${method} keeps most: ` + rows.map(i => `${found.names[i]} ${d3.format(".0%")(kept[i])}`).join(", "));
  const bars = svg.selectAll("g").data(rows).join("g").attr("transform", (d, k) => `translate(0,${line * k})`)
    .attr("data-input", d => found.names[d]).attr("data-share", d => kept[d]);
  bars.append("text").attr("x", left - 6).attr("y", 13).attr("text-anchor", "end").text(d => cut(found.names[d], 22))
    .append("title").text(d => found.names[d]);
  bars.append("rect").attr("class", d => known.has(d) ? "share informative" : "share").attr("x", left).attr("y", 2)
    .attr("height", line - 5).attr("width", d => (width - left - 42) * kept[d]);
  bars.append("text").attr("x", d => left + 5 + (width - left - 42) * kept[d]).attr("y", 13).text(d => d3.format(".0%")(kept[d]));
  const notes = [];
  if (known.size) notes.push("Green: known to be informative.");
  if (kept.length > rows.length) notes.push(`The ${rows.length} kept most, of ${count(kept.length)}.`);
  if (notes.length) box.append("p").attr("class", "note").text(notes.join(" "));
}

function drawPixels(box, method, kept, found) {
  const [rows, columns] = found.shape, side = 240 / Math.max(rows, columns);
  const svg = box.append("svg").attr("viewBox", `0 0 ${columns * side} ${rows * side}`).attr("role", "img")
    .attr("aria-label", `Pixels that ${method} keeps`).style("max-width", "320px");
  svg.selectAll("rect.cell").data(kept).join("rect").attr("class", "cell").attr("data-share", d => d)
    .attr("x", (d, i) => (i % columns) * side).attr("y", (d, i) => Math.floor(i / columns) * side)
    .attr("width", side + 0.15).attr("height", side + 0.15).attr("fill-opacity", d => d)
    .append("title").text((d, i) => `row ${Math.floor(i / columns)}, column ${i % columns}: ${d3.format(".0%")(d)}`);
  svg.append("rect").attr("class", "frame").attr("width", columns * side).attr("height", rows * side);
  box.append("p").attr("class", "note").text("Pixels by place; full colour: kept with every seed.");
}

function cut(text, most) {
  return text.length > most ? text.slice(0, most - 1) + "…" : text;
}
