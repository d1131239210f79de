// The page: one column for each run, one slider for all of them.

const state = {moment: 0, playing: null};
const slider = document.getElementById("slider"), playButton = document.getElementById("play");
const strip = document.getElementById("strip");
// Milliseconds between moments while playing, so that a training takes about twenty seconds.
const PACE = Math.max(120, Math.min(900, 20000 / moments.length));

function column(run, k) {
  const section = d3.select("#runs").append("section").attr("class", "run")
    .attr("aria-label", run.name).style("--own", `var(--run-${k % 5})`);
  section.append("h2").text(run.name);
  const caption = section.append("p").attr("class", "caption").attr("aria-live", "polite");
  if (run.layers) {
    section.append("p").attr("class", "note").attr("data-note", "layers").text(layersNote(run));
  } else if (!run.whole) {
    section.append("p").attr("class", "note").attr("data-note", "large").text(
      `This network has ${count(run.frames[0].totals[0])} connections, too many to draw. Shown are the ` +
      "strongest paths (largest product of weights) from the 40 inputs with the strongest ones and, " +
      "below, the density of each block of the wiring.");
  }
  if (run.measured_on) section.append("p").attr("class", "note").text(run.measured_on);
  const wiring = new Wiring(run, section);
  legend(section.insert("ul", ".details"), run);
  const panels = section.append("div").attr("class", "panels"), parts = [];
  const first = run.frames[0];
  if (run.points) parts.push(part(new Boundary(run, panels), frame => frame));
  if (run.input_shape) parts.push(inputMap(run, panels));
  parts.push(part(new Distribution(run, panels, "fan_ins", `Fan-in of ${run.unit}s`), f => f));
  parts.push(part(new Distribution(run, panels, "fan_outs", `Fan-out of inputs and ${run.unit}s`), f => f));
  for (const name in first.shapes) {
    if (name.startsWith("density ")) parts.push(density(run, panels, name));
  }
  if (run.layers) parts.push(drawLayers(run, section));
  return {draw(moment, moving) {
    const index = frameAt(run, moment), frame = run.frames[index];
    section.attr("data-step", frame.step);
    caption.text(frame.caption);
    wiring.draw(index, strip.checked, moving);
    parts.forEach(draw => draw(frame));
    return frame;
  }};
}

function part(drawn, values) {
  return frame => drawn.draw(values(frame));
}

function inputMap(run, panels) {
  const [rows, columns] = run.input_shape;
  const cells = new Cells(panels, "Fan-out of each pixel", [rows, columns],
    d3.max(run.frames, frame => d3.max(frame.input_map)) || 1, v => `${v} connections`,
    (i, v) => `row ${Math.floor(i / columns)}, column ${i % columns}: ${v} connections`);
  cells.svg.attr("class", "input-map");
  return part(cells, frame => frame.input_map);
}

function density(run, panels, name) {
  const [, from, to] = name.split(" ").map(Number), ranks = run.frames[0].ranks.length;
  const layer = rank => rank === 0 ? "inputs" : rank === ranks - 1 ? "outputs" : `layer ${rank}`;
  const [rows, columns] = run.frames[0].shapes[name];
  const cells = new Cells(panels, `Density from ${layer(from)} (across) to ${layer(to)} (down)`, [rows, columns],
    d3.max(run.frames, frame => frame[name] ? d3.max(frame[name]) : 0) || 1, percent,
    (i, v) => `block ${i % columns} to ${Math.floor(i / columns)}: ${percent(v)}`);
  cells.svg.attr("class", "density").attr("data-name", name);
  return part(cells, frame => frame[name] || new Float32Array(rows * columns));
}

function legend(list, run) {
  list.attr("class", "legend");
  if (run.layers && !run.layers.chain.length) return list.remove();
  const items = [["positive weight", "positive"], ["negative weight", "negative"], ["just grown", "grown"]];
  if (run.whole) items.push(["just dropped", "dropped"], ["to or from a dead neuron", "idle"]);
  const rows = list.selectAll("li").data(items).join("li");
  rows.append("svg").attr("viewBox", "0 0 26 10").append("line").attr("class", d => `connection ${d[1]}`)
    .attr("x2", 26).attr("y1", 5).attr("y2", 5).attr("stroke-width", 3);
  rows.append("span").text(d => d[0]);
  if (!run.layers) list.append("li").text("Circles: stronger colour means more activity; dashed means dead.");
}

function nearest(step) {
  return d3.leastIndex(moments, moment => Math.abs(moment - step));
}

drawAssessments(d3.select("#assessment"));
const columns = page.runs.map(column);
const curves = new Curves(d3.select("#curves"), step => { stop(); show(nearest(step)); });
slider.max = moments.length - 1;

function show(moment, moving = true) {
  state.moment = Math.max(0, Math.min(moments.length - 1, moment));
  const step = Math.floor(moments[state.moment]);
  slider.value = state.moment;
  const text = `Step ${count(step)} of ${count(d3.max(page.runs, run => run.total_steps))}`;
  slider.setAttribute("aria-valuetext", text);
  document.getElementById("now").textContent = text;
  drawTable(d3.select("#summary"), columns.map(one => one.draw(state.moment, moving)));
  curves.draw(step);
  document.body.dataset.moment = state.moment;
}

function stop() {
  if (state.playing) state.playing.stop();
  state.playing = null;
  playButton.textContent = "▶ Play";
  playButton.setAttribute("aria-label", "Play");
}

function play() {
  if (state.playing) return stop();
  if (state.moment === moments.length - 1) show(0);
  playButton.textContent = "❚❚ Pause";
  playButton.setAttribute("aria-label", "Pause");
  state.playing = d3.interval(() => {
    show(state.moment + 1);
    if (state.moment === moments.length - 1) stop();
  }, PACE);
}

function go(moment) {
  stop();
  show(moment);
}

function toggleStrip() {
  show(state.moment);
}

playButton.addEventListener("click", play);
slider.addEventListener("input", () => go(+slider.value));
strip.addEventListener("change", toggleStrip);
document.getElementById("back").addEventListener("click", () => go(state.moment - 1));
document.getElementById("forth").addEventListener("click", () => go(state.moment + 1));
const KEYS = {
  " ": play,
  ArrowLeft: () => go(state.moment - 1),
  ArrowRight: () => go(state.moment + 1),
  Home: () => go(0),
  End: () => go(moments.length - 1),
  s: () => { strip.checked = !strip.checked; toggleStrip(); },
};
document.addEventListener("keydown", event => {
  const own = KEYS[event.key], tag = event.target.tagName;
  const pressed = event.key === " " && (tag === "BUTTON" || tag === "INPUT" && event.target !== slider);
  if (!own || pressed || tag === "SUMMARY" || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  own();
});

let width = 0;
new ResizeObserver(([entry]) => {
  if (Math.abs(entry.contentRect.width - width) > 1) show(state.moment, false);
  width = entry.contentRect.width;
}).observe(document.getElementById("runs"));

// Open at the end, with the result; play starts over from the beginning.
show(moments.length - 1, false);
performance.mark("rendered");
