// One of the two networks: its figures, its wiring, and the tools to operate on it.

const HINT = "Drag from neuron to neuron to connect them, click a connection to cut it, choose a neuron to operate on it.";
const WATCHING = "A training, while it runs. When it is over, its network can be operated on.";
const STEPS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

class LaneView {
  constructor(parent, index, app) {
    Object.assign(this, {index, app, chosen: null, connection: null, aiming: null, hovered: null});
    this.title = app.options.single ? "Network" : index ? "Rewired" : "Static";
    this.root = element(parent, "section", {class: `lane lane-${index}`, "aria-label": `${this.title} network`});
    const header = element(this.root, "header");
    this.heading = element(header, "h2", {}, this.title);
    this.loss = element(header, "span", {class: "note"});
    this.score = element(header, "output", {class: "score"});
    this.figures = element(this.root, "p", {class: "figures"});
    this.wires = new Wires(this.root, index, this.title.toLowerCase());
    this.inspector = element(this.root, "div", {class: "inspector"});
    this.densities = element(this.root, "div", {class: "densities"});
    this.tools();
    this.listen();
  }

  send(command) {
    return this.app.send({...command, lane: this.index});
  }

  tools() {
    const row = element(this.root, "div", {class: "tools", role: "group", "aria-label": `Operate on the ${this.title.toLowerCase()} network`});
    const label = element(row, "label", {class: "prune", title: "Remove the weakest connections down to this density"}, "Prune ");
    this.density = element(label, "input", {type: "range", min: 0, max: 100, step: 1, value: 100, "aria-label": "Density to prune to, in percent"});
    this.densityText = element(label, "output");
    this.density.addEventListener("input", () => { this.pruning = true; this.tellDensity(); });
    this.density.addEventListener("change", () => {
      this.pruning = false;
      this.send({do: "prune", density: this.density.value / 100});
    });
    const button = (text, title, command, name) => element(row, "button", {type: "button", title, "data-do": name, on: {click: () => this.send(command)}}, text);
    button("Strip", "Remove dead neurons; what is computed stays the same", {do: "strip"}, "strip");
    this.revive = button("Revive", "Start idle neurons anew where they would help most", {do: "revive"}, "revive");
  }

  tellDensity() {
    this.densityText.textContent = `${this.density.value}%`;
  }

  draw(lane, palette, alone = false) {
    this.heading.textContent = alone ? "Network" : this.title;
    const before = this.lane;
    this.lane = lane;
    // Numbers of neurons change when neurons come or go.
    if (before && String(before.ranks) !== String(lane.ranks)) this.choose(null);
    if (this.connection && !lane.connections.some(([s, t]) => s === this.connection[0] && t === this.connection[1])) this.connection = null;
    this.score.textContent = shareOf(lane.accuracy);
    this.score.title = "Points on the right side";
    this.loss.textContent = `loss ${short(lane.loss)}`;
    this.revive.hidden = this.app.model.frame.engine === "scalar";
    this.figures.textContent = `${whole(lane.n_connections)} of ${whole(lane.possible)} connections · ` +
      `${lane.dead} dead · ${whole(lane.flops)} FLOPs`;
    if (!this.pruning && this.app.active !== this.density) {
      this.density.value = Math.round(100 * lane.n_connections / lane.possible);
      this.tellDensity();
    }
    this.root.dataset.connections = lane.n_connections;
    this.root.dataset.neurons = d3.sum(lane.ranks);
    this.root.dataset.ranks = lane.ranks.join("-");
    this.wires.draw(lane, palette);
    this.blocks(lane);
    this.remark();
    this.inspect();
  }

  // Of a network too large to draw: the density of each part of its blocks.
  blocks(lane) {
    this.densities.hidden = lane.whole !== false;
    if (lane.whole !== false) return;
    const blocks = lane.blocks || [];
    d3.select(this.densities).selectAll("p").data([0]).join("p").attr("class", "note")
      .text(`Too many connections to draw all: above are the strongest paths, below the density of the blocks of the wiring.`);
    d3.select(this.densities).selectAll("figure").data(blocks).join(enter => {
      const made = enter.append("figure");
      made.append("canvas");
      made.append("figcaption");
      return made;
    }).each((block, i, all) => {
      const rows = block.density, most = d3.max(rows.flat()) || 1, canvas = all[i].querySelector("canvas");
      [canvas.width, canvas.height] = [rows[0].length, rows.length];
      const context = canvas.getContext("2d");
      context.fillStyle = getComputedStyle(canvas).getPropertyValue("--heat");
      rows.forEach((row, y) => row.forEach((value, x) => {
        context.globalAlpha = (value / most) ** 0.75;
        context.fillRect(x, y, 1, 1);
      }));
      all[i].querySelector("figcaption").textContent = `rank ${block.source_rank} → ${block.target_rank}, up to ${shareOf(most)}`;
    });
  }

  // -------------------------------------------------------------------------- mouse and touch

  listen() {
    const svg = this.wires.svg.node();
    svg.addEventListener("pointerdown", event => this.press(event));
    svg.addEventListener("pointermove", event => this.move(event));
    svg.addEventListener("pointerup", event => this.release(event));
    svg.addEventListener("pointercancel", () => this.drop());
    svg.addEventListener("pointerleave", () => { if (!this.pressed) this.hover(null, null); });
    svg.addEventListener("keydown", event => this.key(event));
    svg.addEventListener("focusin", event => {
      const group = event.target.closest("g.neuron");
      if (group && !this.pressed) this.focused(d3.select(group).datum().id);
    });
    svg.addEventListener("focusout", event => {
      if (!svg.contains(event.relatedTarget) && !this.inspector.contains(event.relatedTarget)) this.drop();
    });
  }

  press(event) {
    if (!this.lane || event.button > 0) return;
    const place = this.wires.place(event), touch = event.pointerType === "touch" ? 6 : 0;
    const from = this.wires.neuronAt(place, touch);
    this.pressed = {from, place, cut: from === null ? this.wires.connectionAt(place, 7 + touch) : null};
    if (from !== null) {
      event.preventDefault();
      event.target.setPointerCapture?.(event.pointerId);
    }
  }

  move(event) {
    if (!this.lane) return;
    const place = this.wires.place(event), to = this.wires.neuronAt(place);
    const far = this.pressed && Math.hypot(place[0] - this.pressed.place[0], place[1] - this.pressed.place[1]) > 6;
    if (this.pressed && this.pressed.from !== null && far) {
      this.pressed.moved = true;
      this.wires.point(this.pressed.from, to !== null && to !== this.pressed.from ? to : place);
      this.wires.svg.classed("fits", to !== null && this.fits(this.pressed.from, to) !== null);
      return;
    }
    if (!this.pressed) this.hover(to, to === null ? this.wires.connectionAt(place, 7) : null);
  }

  release(event) {
    const {pressed} = this;
    this.drop();
    if (!pressed || !this.lane) return;
    const place = this.wires.place(event), to = this.wires.neuronAt(place, event.pointerType === "touch" ? 6 : 0);
    if (pressed.moved) {
      if (to !== null && to !== pressed.from) this.connect(pressed.from, to);
      return;
    }
    if (pressed.from !== null) return this.choose(pressed.from, true);
    if (pressed.cut) return this.cut(pressed.cut);
    this.choose(null);
  }

  drop() {
    this.pressed = null;
    this.aiming = null;
    this.wires.point(null);
    this.wires.svg.classed("fits", false);
  }

  hover(neuron, connection) {
    const pair = connection && [connection.source, connection.target];
    if (neuron === this.hovered && String(pair) === String(this.hoveredPair)) return;
    [this.hovered, this.hoveredPair] = [neuron, pair];
    this.wires.svg.style("cursor", neuron !== null ? "pointer" : pair ? "var(--scissors)" : null);
    this.app.look(this.index, neuron === null ? this.chosen : neuron);
    this.remark();
    this.inspect();
  }

  // -------------------------------------------------------------------------------- keyboard

  focused(id) {
    if (this.aiming !== null) {
      this.wires.point(this.aiming, id);
      const pair = this.fits(this.aiming, id);
      this.app.say(`${neuronName(this.lane, id)}: ${pair ? "Enter connects it" : "cannot be connected"}`);
      this.aimed = id;
      return;
    }
    if (id !== this.chosen) this.choose(id);
  }

  key(event) {
    const group = event.target.closest("g.neuron");
    if (!group || event.ctrlKey || event.metaKey || event.altKey) return;
    const here = d3.select(group).datum().id;
    const act = {
      Enter: () => this.aiming !== null ? this.connectAimed(here) : this.inspector.querySelector("button")?.focus(),
      Escape: () => { this.drop(); this.connection = null; this.choose(this.chosen); },
      c: () => this.aim(here),
      f: () => this.freeze(here),
      Delete: () => this.connection ? this.cut({source: this.connection[0], target: this.connection[1]}) : this.remove(here),
      x: () => this.connection && this.cut({source: this.connection[0], target: this.connection[1]}),
      "+": () => this.add(here),
      ",": () => this.cycle(here, -1),
      ".": () => this.cycle(here, 1),
    };
    const step = STEPS[event.key];
    if (!step && !act[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    if (!step) return act[event.key]();
    const next = neighbour(this.wires.at, here, step, 1, id => this.lane.byId.get(id).rank);
    if (next !== undefined) this.focus(next);
  }

  focus(id) {
    this.connection = null;
    this.wires.layers.neurons.selectAll("g.neuron").filter(d => d.id === id).attr("tabindex", 0).node()?.focus();
  }

  // Goes through the connections of a neuron, one after the other.
  cycle(id, by) {
    const rows = this.wires.fans(id).flat();
    if (!rows.length) return this.app.say("It has no connections.");
    const key = this.connection && this.connection.join(" ");
    const at = rows.findIndex(d => `${d.source} ${d.target}` === key);
    const next = rows[(at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by + rows.length) % rows.length];
    this.connection = [next.source, next.target];
    this.remark();
    this.inspect();
    return this.app.say(`Connection ${this.pairName(next)}, weight ${signed(next.weight)}. Delete cuts it.`);
  }

  aim(from) {
    this.aiming = from;
    this.app.say(`From ${neuronName(this.lane, from)}: move to another neuron with the arrow keys, Enter connects them, Escape leaves it.`);
    this.focus(from);
  }

  connectAimed(to) {
    const from = this.aiming;
    this.drop();
    this.connect(from, to);
  }

  // ---------------------------------------------------------------------------------- surgery

  // The connection between two neurons as [source, target], or null where there cannot be one.
  fits(a, b) {
    const [one, other] = [this.lane.byId.get(a), this.lane.byId.get(b)];
    if (!one || !other || one.rank === other.rank) return null;
    const pair = one.rank < other.rank ? [a, b] : [b, a];
    return this.wires.rows.some(d => d.source === pair[0] && d.target === pair[1]) ? null : pair;
  }

  connect(a, b) {
    const pair = this.fits(a, b);
    if (!pair) {
      const same = this.lane.byId.get(a).rank === this.lane.byId.get(b).rank;
      return this.app.say(same ? "Neurons of one layer cannot be connected with each other." : "These two are connected already.", true);
    }
    const [source, target] = pair;
    return this.send({do: "draw", source, target}).then(done =>
      done && this.app.say(`Connected ${neuronName(this.lane, source)} to ${neuronName(this.lane, target)}, with weight 0: training finds its weight.`));
  }

  cut(d) {
    this.connection = null;
    const name = this.pairName(d);
    return this.send({do: "cut", source: d.source, target: d.target}).then(done => done && this.app.say(`Cut ${name}.`));
  }

  freeze(id) {
    const frozen = !this.lane.byId.get(id).frozen;
    return this.send({do: "freeze", neuron: id, frozen}).then(done =>
      done && this.app.say(`${neuronName(this.lane, id)} ${frozen ? "is frozen: it learns no more" : "learns again"}.`));
  }

  remove(id) {
    const name = neuronName(this.lane, id);
    return this.send({do: "remove_neuron", neuron: id}).then(done => done && this.app.say(`Removed ${name} with its connections.`));
  }

  add(id) {
    const {rank} = this.lane.byId.get(id);
    return this.send({do: "add_neuron", rank}).then(done =>
      done && this.app.say(`Added a neuron without connections to layer ${rank}: draw some.`));
  }

  pairName(d) {
    return `${neuronName(this.lane, d.source)} → ${neuronName(this.lane, d.target)}`;
  }

  // --------------------------------------------------------------------------------- choosing

  choose(id, focus = false) {
    this.chosen = id;
    this.connection = null;
    this.app.look(this.index, id);
    this.remark();
    this.inspect();
    if (focus) this.wires.layers.neurons.selectAll("g.neuron").filter(d => d.id === id).node()?.focus({preventScroll: true});
  }

  remark() {
    this.wires.mark({
      neuron: this.chosen,
      connection: this.connection || this.hoveredPair,
      near: this.hovered ?? this.chosen,
    });
  }

  // What is known of the neuron or connection that is pointed at or chosen, and what can be done.
  inspect() {
    if (!this.lane) return;
    const pair = this.connection || this.hoveredPair;
    const id = this.hovered ?? this.chosen, neuron = id === null ? null : this.lane.byId.get(id);
    const row = pair && this.wires.rows.find(d => d.source === pair[0] && d.target === pair[1]);
    const text = row ? `${this.pairName(row)}: weight ${signed(row.weight)}, ${whole(row.age)} steps old. ${this.connection ? "" : "Click to cut it."}`
      : neuron ? [this.wires.sentence(neuron), neuron.rank ? `bias ${signed(neuron.bias)}` : "", `activity ${short(neuron.activity)}`].filter(Boolean).join(", ")
      : this.app.model.frame.watching ? WATCHING : HINT;
    const kind = row ? (this.connection ? "connection" : "pointed") : neuron ? `neuron ${id} ${neuron.rank} ${neuron.frozen}` : "none";
    if (this.inspected !== kind) {
      this.inspected = kind;
      this.inspector.replaceChildren(element(null, "p"));
      if (row && this.connection) this.action("Cut", "Cut this connection (Delete)", () => this.cut(row));
      if (!row && neuron) this.actions(neuron);
    }
    this.inspector.firstChild.textContent = text;
  }

  action(text, title, act) {
    element(this.inspector, "button", {type: "button", title, on: {click: act}}, text);
  }

  actions({id, rank, frozen}) {
    const last = this.lane.ranks.length - 1;
    this.action("Connect…", "Connect it with another neuron (C, then arrow keys and Enter)", () => this.aim(id));
    if (rank) this.action(frozen ? "Thaw" : "Freeze", "Keep its weights as they are, or let them learn again (F)", () => this.freeze(id));
    if (rank && rank < last) {
      this.action("Remove", "Remove it with its connections (Delete)", () => this.remove(id));
      this.action("Add one", "Add a neuron to this layer (+)", () => this.add(id));
    }
  }
}
