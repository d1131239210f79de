// At the left: the data, which can be drawn by hand.

class Plane {
  constructor(parent, app) {
    Object.assign(this, {app, label: 1, at: [0, 0], anew: false});
    this.root = element(parent, "section", {class: "data", "aria-label": "Data"});
    element(this.root, "h2", {}, "Data");
    this.gallery();
    this.canvas = element(this.root, "canvas", {class: "plane", tabindex: 0, role: "application",
      "aria-label": "The plane of the data: arrow keys move the cross, 0 and 1 choose a class, Enter adds a point"});
    const row = element(this.root, "div", {class: "pens", role: "group", "aria-label": "Class of the points that you draw"});
    this.pens = ["●", "■"].map((sign, label) => element(row, "button", {
      type: "button", class: `pen pen-${label}`, title: `Draw points of class ${label}`, "aria-label": `Class ${label}`, on: {click: () => this.take(label)},
    }, sign));
    this.clear = element(row, "button", {type: "button", title: "Begin with no points; the next click draws the first one", on: {click: () => this.erase()}}, "Clear");
    element(row, "span", {class: "note"}, "Click to add a point");
    this.canvas.addEventListener("pointerdown", event => this.press(event));
    this.canvas.addEventListener("keydown", event => this.key(event));
    this.canvas.addEventListener("blur", () => { this.crossing = false; this.draw(); });
    this.take(1);
  }

  // One small picture for each generator.
  gallery() {
    const row = element(this.root, "div", {class: "gallery", role: "group", "aria-label": "Choose the data"});
    this.choices = Object.entries(GALLERY).map(([name, points]) => {
      const button = element(row, "button", {type: "button", title: name, "aria-label": name, "data-name": name, on: {click: () => this.choose(name)}});
      return {name, points, canvas: element(button, "canvas"), button};
    });
  }

  choose(name) {
    this.anew = false;
    this.app.settings.send("data", {name, formula: null, points: null});
  }

  take(label) {
    this.label = label;
    this.pens.forEach((pen, i) => pen.setAttribute("aria-pressed", String(i === label)));
  }

  erase() {
    this.anew = true;
    this.app.say("Click into the plane to draw the first point.");
    this.draw();
  }

  key(event) {
    const step = STEPS[event.key];
    if (event.key === "0" || event.key === "1") this.take(+event.key);
    else if (step) this.at = [0, 1].map(i => Math.max(-1, Math.min(1, this.at[i] + 0.05 * (i ? -step[1] : step[0]))));
    else if (event.key === "Enter" || event.key === " ") this.add(this.at);
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.crossing = true;
    this.draw();
  }

  press(event) {
    const box = this.canvas.getBoundingClientRect();
    this.add([2 * (event.clientX - box.left) / box.width - 1, 1 - 2 * (event.clientY - box.top) / box.height]);
  }

  // Adds a point at a place, given from -1 to 1 across and up the picture.
  add([across, up]) {
    if (!this.extent) return;
    const [left, right, bottom, top] = this.extent, {label} = this;
    const x = round(left + (across + 1) / 2 * (right - left)), y = round(bottom + (up + 1) / 2 * (top - bottom));
    const command = this.anew ? {do: "data", points: [[x, y, label]]} : {do: "point", x, y, label};
    this.anew = false;
    this.app.send(command).then(done => done && this.app.say(`Point of class ${label} at ${short(x)}, ${short(y)}.`));
  }

  measure() {
    this.side = this.canvas.clientWidth;
  }

  draw(data = this.data, palette = this.palette) {
    Object.assign(this, {data, palette});
    if (!data || !data.extent || !palette) return;
    // While points are drawn by hand, the picture does not move under the hand.
    const own = data.name === "points";
    this.extent = own && this.extent ? this.extent : data.extent;
    const key = [this.side, this.anew, this.crossing, this.at, this.extent];
    if (data === this.drawn && palette === this.coloured && String(key) === this.shown) return;
    [this.drawn, this.coloured, this.shown] = [data, palette, String(key)];
    const side = this.side || SIDE, context = sharp(this.canvas, side, side);
    const scales = scalesOf(this.extent, side);
    context.strokeStyle = palette.ink;
    context.globalAlpha = 0.12;
    context.lineWidth = 1;
    for (const [scale, along] of [[scales[0], 0], [scales[1], 1]]) {
      for (const tick of scale.ticks(5)) {
        context.beginPath();
        context.moveTo(along ? 0 : scale(tick), along ? scale(tick) : 0);
        context.lineTo(along ? side : scale(tick), along ? scale(tick) : side);
        context.stroke();
      }
    }
    context.globalAlpha = 1;
    if (!this.anew) drawPoints(context, data.points, scales, palette, data.points.length > 400 ? 2 : 3.6);
    if (this.crossing) this.cross(context, side);
    for (const {name, points, canvas, button} of this.choices) {
      button.setAttribute("aria-pressed", String(name === data.name && !this.anew));
      const small = sharp(canvas, 26, 26), extent = [...d3.extent(points, d => d[0]), ...d3.extent(points, d => d[1])];
      small.translate(2, 2);
      drawPoints(small, points, scalesOf(extent, 22), {...palette, paper: "transparent"}, 1.3);
    }
  }

  cross(context, side) {
    const [x, y] = [(this.at[0] + 1) / 2 * side, (1 - this.at[1]) / 2 * side];
    context.strokeStyle = this.palette.ink;
    context.lineWidth = 1.5;
    context.beginPath();
    for (const [dx, dy] of [[8, 0], [0, 8]]) {
      context.moveTo(x - dx, y - dy);
      context.lineTo(x + dx, y + dy);
    }
    context.stroke();
  }
}

function round(value) {
  return Math.round(value * 1e4) / 1e4;
}
