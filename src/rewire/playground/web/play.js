// The page: one session, shown and operated through a transport.

const THEME = "rewire-theme";

class App {
  constructor(root, transport, options) {
    Object.assign(this, {root, transport, options, model: new Model(), busy: false});
    root.classList.add("rewire-play");
    root.classList.toggle("single", Boolean(options.single));
    root.classList.toggle("embedded", Boolean(options.theme));
    this.controls = new Controls(root, this, transport);
    this.guide = new Guide(root, this);
    const main = element(root, "div", {class: "stage"}), left = element(main, "div", {class: "side left"});
    this.plane = new Plane(left, this);
    this.settings = new Settings(left, this);
    this.settings.make();
    const middle = element(main, "div", {class: "lanes"});
    this.lanes = [0, 1].map(i => new LaneView(middle, i, this));
    const right = element(main, "section", {class: "side right", "aria-label": "Outputs"});
    element(right, "h2", {}, "Output");
    this.outputs = [0, 1].map(i => new Output(right, i, options.single));
    this.curves = new Curves(right);
    this.legend(root);
    this.live = element(root, "p", {class: "live", role: "status", "aria-live": "polite"});
    this.theme(options.theme || remembered(THEME) || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
    root.addEventListener("keydown", event => this.key(event));
    this.sizes = new ResizeObserver(() => { this.measured = null; this.redraw(); });
    this.sizes.observe(root);
    this.close = transport.open(frame => this.take(frame), error => this.say(error.message, true));
    if (options.link) this.send({do: "open", link: options.link}).then(done => done && this.say("This is the state that the link holds."));
  }

  legend(root) {
    const list = element(root, "ul", {class: "legend"});
    const line = kind => `<svg viewBox="0 0 26 10" aria-hidden="true"><line class="connection ${kind}" x2="26" y1="5" y2="5" stroke-width="3"/></svg>`;
    for (const [kind, text] of [["positive", "positive weight"], ["negative", "negative weight"], ["grown", "just grown"], ["dropped", "just dropped"], ["idle", "of a dead neuron"]]) {
      element(list, "li").innerHTML = `${line(kind)}${text}`;
    }
    element(list, "li", {class: "keys"}, "Keys: space runs, S steps, R rewires, Ctrl+Z undoes. In a wiring: arrows move, C connects, comma and point go through connections, Delete cuts, F freezes, + adds a neuron.");
  }

  // What has the focus; an element in a shadow tree, where the page is in one.
  get active() {
    return this.root.getRootNode().activeElement;
  }

  // Takes a frame in at once, and draws at most once per picture of the screen.
  take(frame) {
    this.model.take(frame);
    if (frame.problem && frame.problem !== this.problem) this.say(frame.problem, true);
    this.problem = frame.problem;
    this.redraw();
  }

  redraw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      if (this.model.frame) this.draw();
    });
  }

  // Asks for sizes only when they may have changed, as asking makes the browser lay out the page.
  measure(layout) {
    if (this.measured === layout) return;
    this.measured = layout;
    for (const part of [this.plane, ...this.outputs, ...this.lanes.map(lane => lane.wires)]) part.measure();
  }

  draw() {
    const {model: {frame, data, rows}} = this;
    if (!this.palette || !this.palette.ink) this.palette = paletteOf(this.root);
    const {palette} = this;
    const alone = frame.lanes.length === 1;
    for (const [name, holds] of [["planeless", !data.extent], ["alone", alone], ["watching", Boolean(frame.watching)]]) {
      this.root.classList.toggle(name, holds);
    }
    this.measure(`${alone} ${!data.extent} ${frame.watching}`);
    this.guide.draw(frame);
    this.controls.draw(frame);
    if (frame.settings) this.settings.draw(frame.settings);
    this.plane.draw(data, palette);
    frame.lanes.forEach((lane, i) => {
      this.lanes[i].draw(lane, palette, alone);
      const looked = this.looked && this.looked.lane === i ? this.looked.neuron : null;
      this.outputs[i].draw(lane, data, palette, looked, alone);
    });
    this.curves.draw(rows, frame.step, frame.running);
    Object.assign(this.root.dataset, {step: frame.step, command: frame.command, running: Boolean(frame.running)});
  }

  // ------------------------------------------------------------------------------- commands

  // Sends a command; resolves to whether it was done. What is wrong is said, beside its form if any.
  async send(command, problem = null) {
    try {
      await this.transport.send(command);
      if (problem) problem.textContent = "";
      return true;
    } catch (error) {
      if (problem) problem.textContent = error.message;
      else this.say(error.message, true);
      return false;
    }
  }

  toggle() {
    const {frame} = this.model;
    return this.send({do: frame && (frame.running || frame.working) ? "pause" : "run"});
  }

  undo() {
    const {frame} = this.model;
    if (frame && frame.can_rewind) this.send({do: "rewind", command: frame.command - 1}).then(done => done && this.say("Undone."));
  }

  // Shows a neuron's boundary; the finer one comes with the next frame.
  look(lane, neuron) {
    const looked = neuron === null ? null : {lane, neuron};
    if (JSON.stringify(looked) === JSON.stringify(this.looked ?? null)) return;
    this.looked = looked;
    this.redraw();
    clearTimeout(this.looking);
    this.looking = setTimeout(() => this.transport.send({do: "look", neuron, lane}).catch(() => {}), 120);
  }

  async export(what) {
    try {
      const {name, text, blob} = await this.transport.fetch(what);
      if (what === "link") {
        history.replaceState(null, "", `#${text}`);
        await navigator.clipboard.writeText(location.href).catch(() => {});
        return this.say("The address of this page now holds this very state; it is copied too.");
      }
      const link = element(null, "a", {href: URL.createObjectURL(blob), download: name});
      link.click();
      return this.say(`Saved ${name}.`);
    } catch (error) {
      return this.say(error.message, true);
    }
  }

  // Opens a session from a file.
  async open(file) {
    try {
      const session = JSON.parse(await file.text());
      if (await this.send({do: "open", session})) this.say(`Opened ${file.name}.`);
    } catch {
      this.say(`${file.name} is not a saved session.`, true);
    }
  }

  key(event) {
    const {key, target} = event, undo = (event.ctrlKey || event.metaKey) && key === "z";
    if (/INPUT|SELECT|TEXTAREA/.test(target.tagName) && target.type !== "range") return;
    const act = undo ? () => this.undo() : event.ctrlKey || event.metaKey || event.altKey ? null : {
      " ": /BUTTON|SUMMARY/.test(target.tagName) ? null : () => this.toggle(),
      s: () => this.send({do: "step", steps: 1}),
      r: () => this.send({do: "rewire", lane: 1}),
    }[key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  say(text, problem = false) {
    this.live.textContent = text;
    this.live.classList.toggle("problem", problem);
    this.live.classList.add("shown");
    clearTimeout(this.saying);
    this.saying = setTimeout(() => this.live.classList.remove("shown"), problem ? 9000 : 5000);
  }

  // --------------------------------------------------------------------------------- theme

  theme(theme) {
    this.root.dataset.theme = theme;
    this.palette = null;
    this.redraw();
  }

  switchTheme() {
    const theme = this.root.dataset.theme === "dark" ? "light" : "dark";
    remember(THEME, theme);
    this.theme(theme);
  }

  end() {
    this.sizes.disconnect();
    this.close();
    this.root.replaceChildren();
  }
}

// What a browser remembers of a page, where it does.
function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch { /* A page in a frame may not. */ }
}

// Shows a session in an element. A transport has ``send(command)``, a promise that is broken if the
// command is not taken, and ``open(onframe, onerror)``, which returns a function that closes it; it
// may have ``fetch(what)`` for files. Options: ``guide: false`` leaves the guided start out, ``link`` is
// what to open first, ``single`` shows the right network alone, and ``theme`` is "light" or "dark" where the page around decides it.
// Returns functions that ``close`` it and set its ``theme``.
function mount(root, transport, options = {}) {
  const app = new App(root, transport, options);
  return {close: () => app.end(), theme: theme => app.theme(theme)};
}
