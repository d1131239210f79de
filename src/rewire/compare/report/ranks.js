// The critical difference diagram: average ranks on a line, bars over what cannot be told apart.

class Ranks {
  constructor(parent) {
    this.found = page.ranking;
    this.names = Object.keys(this.found.ranks);
    this.svg = parent.append("svg").attr("class", "ranks").attr("role", "img").attr("aria-label",
      "Average ranks: " + this.names.map(name => `${name} ${d3.format(".2f")(this.found.ranks[name])}`).join(", "));
  }

  draw() {
    const {found, names, svg} = this, {ranks, cliques} = found;
    const width = Math.max(300, svg.node().clientWidth || 0);
    const longest = d3.max(names, name => name.length);
    const margin = Math.min(18 + 7.5 * (longest + 5), width * 0.36);
    const x = d3.scaleLinear([1, names.length], [margin, width - margin]);
    const every = Math.ceil(20 / (x(2) - x(1))); // where numbers would touch, some are left out
    const top = 58, first = top + 20 + 13 * cliques.length, half = Math.ceil(names.length / 2);
    const rows = names.map((name, i) => ({
      name, rank: ranks[name], left: i < half, y: first + 26 * (i < half ? i : names.length - 1 - i),
    }));
    svg.attr("viewBox", `0 0 ${width} ${first + 26 * half}`);
    svg.selectChildren().remove();
    svg.append("g").attr("class", "scale").attr("transform", `translate(0,${top})`)
      .call(d3.axisTop(x).tickValues(d3.range(1, names.length + 1, every)).tickFormat(d3.format("d")).tickSizeOuter(0));
    this.ruler(x);
    const places = svg.append("g").selectAll("g").data(rows).join("g").attr("class", "place")
      .attr("data-method", d => d.name).attr("data-rank", d => d.rank);
    places.append("path").attr("class", "leader").attr("d", d =>
      `M${x(d.rank)},${top}V${d.y}H${d.left ? margin - 8 : width - margin + 8}`);
    places.append("text").attr("x", d => d.left ? margin - 13 : width - margin + 13).attr("y", d => d.y)
      .attr("dy", "0.32em").attr("text-anchor", d => d.left ? "end" : "start")
      .text(d => d.left ? d.name : d3.format(".2f")(d.rank))
      .append("tspan").attr("class", "soft").text(d => ` ${d.left ? d3.format(".2f")(d.rank) : d.name}`);
    const bars = svg.append("g").selectAll("g").data(cliques).join("g").attr("class", "clique")
      .attr("data-methods", d => d.join("|")).attr("transform", (d, i) => `translate(0,${top + 13 + 13 * i})`);
    bars.append("line").attr("x1", d => x(d3.min(d, name => ranks[name]))).attr("x2", d => x(d3.max(d, name => ranks[name])));
    bars.selectAll("circle").data(d => d).join("circle").attr("cx", name => x(ranks[name])).attr("r", 3.6);
  }

  ruler(x) {
    const from = x(1), to = x(1 + this.found.critical_difference);
    const group = this.svg.append("g");
    group.append("path").attr("class", "ruler").attr("d", `M${from},18v8m0,-4H${to}m0,-4v8`);
    group.append("text").attr("class", "soft").attr("x", from).attr("y", 11)
      .text(`critical difference ${d3.format(".2f")(this.found.critical_difference)}`);
  }
}
