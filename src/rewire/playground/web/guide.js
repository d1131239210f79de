// The guided start: five short steps that can be left at any time.

const LEFT_GUIDE = "rewire-guide";

class Guide {
  constructor(parent, app) {
    Object.assign(this, {app, at: 0, steps: STORY(app)});
    this.root = element(parent, "aside", {class: "guide", "aria-label": "Guided start"});
    this.root.hidden = app.options.guide === false || Boolean(app.options.link) || Boolean(remembered(LEFT_GUIDE));
    const dots = element(this.root, "ol", {class: "dots"});
    this.dots = this.steps.map((step, i) => element(element(dots, "li"), "button", {
      type: "button", "aria-label": `Step ${i + 1}: ${step.title}`, on: {click: () => this.go(i)},
    }, String(i + 1)));
    const text = element(this.root, "div", {class: "text", "aria-live": "polite"});
    this.title = element(text, "h2");
    this.text = element(text, "p");
    this.act = element(this.root, "button", {type: "button", class: "act", on: {click: () => this.strange ? this.begin() : this.steps[this.at].act()}});
    this.next = element(this.root, "button", {type: "button", class: "next", on: {click: () => this.at + 1 < this.steps.length ? this.go(this.at + 1) : this.toggle()}});
    element(this.root, "button", {type: "button", class: "leave", "aria-label": "Leave the guided start", title: "Leave the guided start", on: {click: () => this.toggle()}}, "×");
  }

  toggle() {
    this.root.hidden = !this.root.hidden;
    if (this.root.hidden) remember(LEFT_GUIDE, "left");
    this.redo();
  }

  // Makes the session the one that the steps tell of.
  async begin() {
    for (const command of START) await this.app.send(command);
    this.go(0);
  }

  go(at) {
    this.at = at;
    this.redo();
  }

  redo() {
    this.drawn = null;
    if (this.app.model.frame) this.draw(this.app.model.frame);
    this.app.redraw(); // the connections that it proposes
  }

  draw(frame) {
    // The guide does not come by itself where the session is another one.
    this.strange = !toldOf(frame.settings);
    if (this.strange && !this.seen) this.root.hidden = true;
    this.seen = true;
    const hints = this.app.root.querySelectorAll(".hinted");
    if (this.root.hidden) {
      this.app.lanes[0].wires.ghosts = [];
      return hints.forEach(one => one.classList.remove("hinted"));
    }
    if (frame.running && this.until && frame.step >= this.until) {
      this.until = null;
      this.app.send({do: "pause"});
    }
    const step = this.strange ? STRANGE : this.steps[this.at], found = step.look(frame), key = JSON.stringify([this.at, found]);
    this.app.lanes[0].wires.ghosts = found.ghosts || [];
    if (key === this.drawn) return undefined;
    this.drawn = key;
    this.title.textContent = step.title;
    this.text.textContent = found.text;
    this.act.textContent = found.act || "";
    this.act.hidden = !found.act;
    this.next.textContent = this.at + 1 < this.steps.length ? "Next" : "Done";
    this.next.classList.toggle("ready", Boolean(found.done));
    this.dots.forEach((dot, i) => dot.setAttribute("aria-current", i === this.at ? "step" : "false"));
    hints.forEach(one => one.classList.remove("hinted"));
    for (const selector of found.hint || []) {
      this.app.root.querySelectorAll(selector).forEach(one => one.classList.add("hinted"));
    }
    return undefined;
  }
}
