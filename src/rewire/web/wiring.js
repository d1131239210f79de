// What every picture of a wiring shares: connections as curves, and the way from neuron to neuron.

// Draws rows of {source, target, weight, grown, gone} as paths, the strongest on top. ``link`` is one
// of D3's link generators, ``largest`` the weight of the thickest, ``alive`` and ``name`` are of a
// neuron, and ``after`` may turn the selection into a transition.
function drawConnections(layer, rows, {link, largest, alive, name, after = paths => paths}) {
  const strength = d => Math.min(1, Math.abs(d.weight) / largest);
  const sorted = rows.slice().sort((a, b) => Math.abs(a.weight) - Math.abs(b.weight));
  const paths = layer.selectAll("path").data(sorted, d => `${d.source} ${d.target}`)
    .join(enter => enter.append("path").attr("d", link))
    .attr("class", d => "connection " + (d.gone ? "dropped" : [
      d.weight < 0 ? "negative" : "positive",
      d.grown ? "grown" : "",
      alive(d.source) && alive(d.target) ? "" : "idle",
    ].join(" ")))
    .attr("data-source", d => name(d.source))
    .attr("data-target", d => name(d.target))
    .attr("data-weight", d => d.weight)
    .attr("stroke-width", d => d.gone ? 1.4 : (d.grown ? 1.8 : 0.7) + 4.3 * strength(d))
    .attr("stroke-opacity", d => d.gone || d.grown ? 1 : 0.3 + 0.7 * Math.sqrt(strength(d)))
    .order();
  after(paths).attr("d", link);
  return paths;
}

// The neuron that an arrow key leads to from ``here``: along a rank the nearest on that side, across
// ranks the nearest of the next. ``at`` has the places of neurons, ``along`` the axis of a rank (0 or
// 1), ``step`` is [ranks, places along the rank].
function neighbour(at, here, step, along, rankOf) {
  const [x, rank] = [at.get(here)[along], rankOf(here) + step[0]];
  const candidates = d3.filter(at.keys(), number => rankOf(number) === rank && number !== here &&
    (step[1] === 0 || step[1] * (at.get(number)[along] - x) > 0));
  return d3.least(candidates, number => Math.abs(at.get(number)[along] - x));
}
