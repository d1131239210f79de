// What the page knows of a session: the last frame, with what only some frames bring.

class Model {
  constructor() {
    this.frame = null;
    this.data = null;
    this.rows = []; // of the curve: step, then loss and accuracy of each network
  }

  take(frame) {
    if (frame.data) this.data = frame.data;
    if (frame.curve) {
      this.rows.length = Math.min(this.rows.length, frame.curve.from);
      this.rows.push(...frame.curve.rows);
    }
    frame.lanes.forEach(lane => prepare(lane, this.data));
    this.frame = frame;
  }

  get step() {
    return this.frame ? this.frame.step : 0;
  }
}

// Adds what drawing needs often: neurons by number, places within ranks, pairs that changed.
function prepare(lane, {inputs, classes}) {
  const counted = new Array(lane.ranks.length).fill(0), start = [0, ...d3.cumsum(lane.ranks)];
  lane.byId = new Map(lane.neurons.map(neuron => {
    counted[neuron.rank] += 1;
    return [neuron.id, Object.assign(neuron, {own: neuron.id - start[neuron.rank]})];
  }));
  lane.tileOf = new Map(lane.neurons.map((neuron, i) => [neuron.id, i]));
  lane.fans = new Map(lane.neurons.map(neuron => [neuron.id, [0, 0]]));
  for (const [source, target] of lane.connections) {
    lane.fans.get(source)[1] += 1;
    lane.fans.get(target)[0] += 1;
  }
  lane.fresh = new Set(lane.grown.map(pair => pair.join(" ")));
  lane.output = start[lane.ranks.length - 1];
  lane.inputs = inputs || ["x", "y"];
  lane.classes = classes || [];
}

function neuronName(lane, id) {
  const neuron = lane.byId.get(id);
  if (!neuron) return String(id);
  const outputs = lane.ranks[lane.ranks.length - 1];
  if (neuron.rank === 0) return lane.inputs[neuron.own] || `input ${neuron.own}`;
  if (neuron.rank < lane.ranks.length - 1) return `${neuron.rank}_${neuron.own}`;
  return outputs === 1 ? "output" : lane.classes[neuron.own] || `output ${neuron.own}`;
}

function bytesOf(text) {
  const letters = atob(text), found = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) found[i] = letters.charCodeAt(i);
  return found;
}

// Numbers for people.
const whole = d3.format(","), short = d3.format(".3~g");
function signed(value) {
  return (value < 0 ? "−" : "+") + short(Math.abs(value));
}
function shareOf(value) {
  return value === null || value === undefined ? "–"
    : value < 1 && value > 0.995 ? "99.9%" : d3.format(".0%")(value);
}
