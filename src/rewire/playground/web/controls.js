// The row of controls: time at the left, what leaves the page at the right.

const SPEEDS = [[5, "5 steps/s"], [20, "20 steps/s"], [60, "60 steps/s"], [240, "240 steps/s"], [2000, "fast"]];
const EXPORTS = [
  ["link", "Link", "An address that opens this very state"],
  ["script", "Python script", "Python that computes the same to the bit"],
  ["network", "Network file", "The rewired network, to be loaded in Python"],
  ["session", "Session", "The commands so far, to be opened again"],
  ["film", "Film", "The training as an animation"],
];

class Controls {
  constructor(parent, app, transport) {
    this.app = app;
    const row = this.root = element(parent, "div", {class: "controls", role: "toolbar", "aria-label": "Run, rewind and share"});
    const button = (name, text, title, act) => this[name] = element(row, "button", {type: "button", class: name, title, "aria-label": title, on: {click: act}}, text);
    button("run", "▶ Run", "Run or pause (space)", () => app.toggle());
    button("one", "Step", "One step of training (S)", () => app.send({do: "step", steps: 1}));
    button("rewire", "Rewire", "Rewire the right network once, now (R)", () => app.send({do: "rewire", lane: 1}));
    button("undo", "↶", "Undo the last command (Ctrl+Z)", () => app.undo());
    this.slider = element(row, "input", {type: "range", class: "slider", min: 0, max: 0, value: 0, step: 1, "aria-label": "Step: move it to rewind"});
    this.now = element(row, "output", {class: "now"});
    this.speed = element(row, "select", {class: "speed", "aria-label": "Speed", title: "Speed"});
    for (const [value, text] of SPEEDS) element(this.speed, "option", {value}, text);
    this.speed.addEventListener("change", () => app.send({do: "speed", value: +this.speed.value}));
    if (transport.fetch) this.menu(row, transport.formats || EXPORTS.map(d => d[0]));
    if (app.options.guide !== false) button("guiding", "Guide", "Show or hide the guided start", () => app.guide.toggle());
    if (!app.options.theme) button("theme", "◐", "Switch between light and dark", () => app.switchTheme());
    this.slider.addEventListener("input", () => this.seek(+this.slider.value));
  }

  menu(row, formats) {
    const menu = element(row, "details", {class: "menu"});
    element(menu, "summary", {}, "Share");
    const list = element(menu, "div", {class: "list"});
    for (const [what, text, title] of EXPORTS.filter(d => formats.includes(d[0]))) {
      element(list, "button", {type: "button", title, "data-export": what, on: {click: () => { menu.open = false; this.app.export(what); }}}, text);
    }
    const file = element(list, "input", {type: "file", accept: ".json", hidden: true, on: {change: () => file.files.length && this.app.open(file.files[0])}});
    element(list, "button", {type: "button", title: "Open a saved session", on: {click: () => { menu.open = false; file.click(); }}}, "Open a session …");
    menu.addEventListener("keydown", event => {
      if (event.key !== "Escape") return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    this.root.ownerDocument.addEventListener("pointerdown", event => { if (!menu.contains(event.target)) menu.open = false; });
  }

  // Rewinds to a step; while one rewinding is under way, only the latest wish is kept.
  seek(step) {
    this.wish = step;
    this.now.textContent = `step ${whole(step)}`;
    if (this.seeking) return;
    const next = () => {
      const {wish} = this;
      this.wish = null;
      this.seeking = true;
      this.app.send({do: "rewind", step: wish}).finally(() => {
        this.seeking = false;
        if (this.wish !== null) next();
      });
    };
    next();
  }

  draw(frame) {
    const text = `step ${whole(frame.step)}`;
    this.run.textContent = frame.working ? "■ Stop" : frame.running ? "❚❚ Pause" : "▶ Run";
    this.run.setAttribute("aria-pressed", String(Boolean(frame.running || frame.working)));
    if (!this.seeking) {
      this.slider.max = Math.max(frame.end ?? frame.step, frame.step);
      this.slider.value = frame.step;
      this.now.textContent = text;
      this.slider.setAttribute("aria-valuetext", text);
    }
    this.undo.disabled = !frame.can_rewind;
    if (frame.speed && this.app.active !== this.speed) {
      this.speed.value = d3.least(SPEEDS, d => Math.abs(Math.log(d[0] / frame.speed)))[0];
    }
  }
}
