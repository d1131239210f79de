// Decodes the page's arrays once, and finds the frame of each run at a moment of the slider.

const bytes = Uint8Array.from(atob(document.getElementById("arrays").textContent), c => c.charCodeAt(0));
const TYPES = {Uint8Array, Int8Array, Uint16Array, Int32Array, Float32Array};

function unpacked([type, first, length]) {
  return new TYPES[type](bytes.buffer, first, length);
}

for (const run of page.runs) {
  for (const frame of run.frames) {
    for (const name in frame.arrays) frame[name] = unpacked(frame.arrays[name]);
    frame.start = [0, ...d3.cumsum(frame.ranks)];
    frame.place = new Map(Array.from(frame.neuron, (number, i) => [number, i]));
  }
  for (const name of ["x", "y", "label"]) {
    if (run.points) run.points[name] = unpacked(run.points[name]);
  }
  run.largest = d3.max(run.frames, frame => d3.max(frame.weight, Math.abs)) || 1;
  run.busiest = busiest(run);
}

// The largest activity of each rank over all frames, which a fully coloured circle stands for.
function busiest(run) {
  const most = [];
  if (!run.frames[0].activity) return most; // a model of layers does not tell
  for (const frame of run.frames) {
    frame.neuron.forEach((number, i) => {
      const rank = rankOf(frame, number);
      most[rank] = Math.max(most[rank] || 0, frame.activity[i]);
    });
  }
  return most;
}

function rankOf(frame, number) {
  return d3.bisectRight(frame.start, number) - 1;
}

function label(frame, number) {
  const rank = rankOf(frame, number);
  return `${rank}_${number - frame.start[rank]}`;
}

// A moment is a step, plus a fraction for the second of two frames at the same step, and so on.
function keysOf(run) {
  let last = null, nth = 0;
  return run.frames.map(frame => {
    nth = frame.step === last ? nth + 1 : 0;
    last = frame.step;
    return frame.step + nth / 1024;
  });
}

for (const run of page.runs) run.keys = keysOf(run);
const moments = d3.sort(new Set(page.runs.flatMap(run => run.keys)));

function frameAt(run, moment) {
  return Math.max(0, d3.bisectRight(run.keys, moments[moment]) - 1);
}
