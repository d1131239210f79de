// Python in a Worker: loads Pyodide and the teaching core from beside this file, and runs a session.

import {loadPyodide} from "./pyodide/pyodide.mjs";

let python = null, running = false;

async function begin(commands) {
  const from = name => new URL(name, import.meta.url).href;
  const [pyodide, files] = await Promise.all([
    loadPyodide({indexURL: from("pyodide/")}),
    fetch(from("rewire.zip")).then(answer => answer.arrayBuffer()),
  ]);
  pyodide.unpackArchive(files, "zip");
  python = pyodide.pyimport("rewire.playground.in_browser");
  python.begin(JSON.stringify(commands));
  show();
}

function show() {
  postMessage({frame: python.frame()});
}

// Steps, and a frame whenever steps have taken as long as the frame before took.
function run() {
  let before = performance.now(), stepped = 0, shown = 0;
  const turn = () => {
    const now = performance.now();
    running = python.tick((now - before) / 1000);
    before = now;
    stepped += performance.now() - now;
    if (stepped >= Math.max(shown, 40) || !running) {
      const start = performance.now();
      show();
      [stepped, shown] = [0, performance.now() - start];
    }
    if (running) setTimeout(turn, 4);
  };
  running = true;
  turn();
}

onmessage = async ({data: {id, begin: commands, command}}) => {
  try {
    if (commands) await begin(commands);
    else {
      const work = python.send(JSON.stringify(command));
      let turn = work.next();
      for (; !turn.done; turn = work.next()) {
        show();
        await new Promise(rest => setTimeout(rest));
      }
      work.destroy();
      if (turn.value) throw new Error(turn.value);
      show();
      if (command.do === "run" && !running) run();
    }
    postMessage({id});
  } catch (error) {
    postMessage({id, error: error.message});
  }
};
