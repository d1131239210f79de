// Every run as a dot, one row for each method, and the run that is looked at.

class Swarm {
  constructor(parent, details) {
    this.details = details;
    this.runs = page.methods.flatMap((method, row) => method.seeds.map((seed, i) => ({
      row, method: method.name, seed, value: method.values[i], loss: method.losses[i],
      connections: method.each[i], seconds: method.times[i],
    })));
    this.walked = page.methods.map((method, row) =>
      d3.sort(this.runs.filter(run => run.row === row), run => run.value ?? worst, run => run.seed));
    this.chosen = null; // the run that is looked at
    this.pinned = null; // ... and stays so when the pointer leaves
    this.svg = parent.append("svg").attr("class", "swarm")
      .attr("role", "group").attr("aria-label", `${page.measure} of every run`);
    for (const name of ["grid", "boxes", "dots", "over", "marks", "axis"]) {
      this[name] = this.svg.append("g").attr("class", name);
    }
    this.svg.on("keydown", event => this.walk(event))
      .on("pointermove", event => {
        const run = this.nearest(event) || this.pinned;
        if (run !== this.chosen) this.look(run);
      })
      .on("pointerleave", () => this.look(this.pinned))
      .on("click", event => this.look(this.pinned = this.nearest(event)));
  }

  scale(width, lost) {
    const values = this.runs.map(run => run.value).filter(value => value !== null);
    const [low, high] = d3.extent(page.reach === null ? values : [...values, page.reach]);
    const room = (high - low || Math.abs(high) || 1) * 0.02;
    const range = [8, width - (lost ? 64 : 8)];
    if (low === undefined) return d3.scaleLinear([0, 1], range);
    const log = page.measure === "loss" && low > 0 && high / low > 20;
    return log ? d3.scaleLog([low, high], range) : d3.scaleLinear([low - room, high + room], range);
  }

  // Exact along the axis; runs of like value are spread over the height of their row.
  arrange() {
    const width = this.width = Math.max(280, this.svg.node().clientWidth || 0);
    const radius = this.radius = width < 520 ? 2.7 : 3.5;
    const lost = this.runs.some(run => run.value === null);
    this.x = this.scale(width, lost).clamp(true);
    this.lost = lost ? width - 24 : null;
    for (const run of this.runs) run.x = run.value === null ? this.lost : this.x(run.value);
    const stacks = d3.groups(this.runs, run => run.row, run => Math.round(run.x / (2 * radius)))
      .flatMap(([, columns]) => columns.map(([, runs]) => runs));
    const room = this.room = Math.max(40, Math.min(130, 2 * radius * d3.max(stacks, d => d.length)));
    this.step = room + 40;
    this.middle = row => 40 + row * this.step + room / 2;
    this.piles = stacks.filter(stack => stack.length * 2 * radius > room + 2 * radius);
    for (const stack of stacks) {
      const apart = Math.min(2 * radius, (room - 2 * radius) / Math.max(1, stack.length - 1));
      stack.forEach((run, i) => {
        run.y = this.middle(run.row) + (i - (stack.length - 1) / 2) * apart;
      });
    }
    this.bottom = page.methods.length * this.step + 20;
    this.svg.attr("viewBox", `0 0 ${width} ${this.bottom + 26}`);
    this.delaunay = d3.Delaunay.from(this.runs, run => run.x, run => run.y);
  }

  draw() {
    this.arrange();
    this.axes();
    this.summaries();
    this.counts();
    this.dots.selectAll("circle").data(this.runs).join("circle").attr("class", "dot")
      .attr("role", "img").attr("aria-label", run => this.sentence(run))
      .attr("data-method", run => run.method).attr("data-seed", run => run.seed)
      .attr("data-value", run => run.value)
      .attr("cx", run => run.x).attr("cy", run => run.y).attr("r", this.radius)
      .on("focus", (event, run) => this.look(run))
      .on("blur", () => this.look(this.pinned));
    this.look(this.chosen);
  }

  axes() {
    const ticks = Math.max(3, Math.min(9, this.width / 110));
    const below = d3.axisBottom(this.x).ticks(ticks, this.x.base ? "~g" : undefined).tickSizeOuter(0);
    if (page.measure === "accuracy") below.tickFormat(d3.format(".3~%"));
    this.axis.attr("transform", `translate(0,${this.bottom})`).call(below);
    this.grid.attr("transform", `translate(0,${this.bottom})`)
      .call(d3.axisBottom(this.x).ticks(ticks).tickSize(-this.bottom + 24).tickFormat(""));
    const lost = this.axis.selectAll("text.lost").data(this.lost === null ? [] : [this.lost]).join("text");
    lost.attr("class", "lost").attr("x", d => d).attr("y", 18).text("not finite");
    const goal = page.reach === null ? [] : [page.reach];
    this.over.selectAll("line.reach").data(goal).join("line").attr("class", "reach")
      .attr("x1", this.x).attr("x2", this.x).attr("y1", 16).attr("y2", this.bottom);
    this.over.selectAll("text.goal").data(goal).join("text").attr("class", "goal")
      .attr("x", this.x).attr("y", 11).attr("text-anchor", d => this.x(d) < this.width / 2 ? "start" : "end").text(d => `to reach: ${figure(d)}`);
  }

  // Quartiles and median under the dots, the mean and its interval above them.
  summaries() {
    const {x, room, middle} = this;
    const rows = page.methods.map((method, row) => {
      const values = method.values.filter(value => value !== null);
      return {...method, row, quartiles: [0.25, 0.5, 0.75].map(q => d3.quantile(values, q))};
    });
    const some = rows.filter(d => d.quartiles[0] !== undefined);
    this.over.selectAll("text.name").data(rows).join("text").attr("class", "name").attr("x", 0)
      .attr("y", d => middle(d.row) - room / 2 - 9).text(d => d.name)
      .append("tspan").attr("class", "mean").text(d => `  mean ${figure(d.mean)}`);
    this.boxes.selectAll("rect").data(some).join("rect").attr("class", "box").attr("data-method", d => d.name)
      .attr("x", d => x(d.quartiles[0])).attr("width", d => x(d.quartiles[2]) - x(d.quartiles[0]))
      .attr("y", d => middle(d.row) - room / 2).attr("height", room);
    this.over.selectAll("line.median").data(some).join("line").attr("class", "median").attr("data-method", d => d.name)
      .attr("x1", d => x(d.quartiles[1])).attr("x2", d => x(d.quartiles[1]))
      .attr("y1", d => middle(d.row) - room / 2).attr("y2", d => middle(d.row) + room / 2);
    this.over.selectAll("line.interval").data(some.filter(d => d.interval.low !== null)).join("line").attr("class", "interval")
      .attr("x1", d => x(d.interval.low)).attr("x2", d => x(d.interval.high)).attr("y1", d => middle(d.row)).attr("y2", d => middle(d.row));
    this.over.selectAll("path.diamond").data(some.filter(d => d.mean !== null)).join("path").attr("class", "diamond")
      .attr("d", d3.symbol(d3.symbolDiamond, 80)()).attr("transform", d => `translate(${x(d.mean)},${middle(d.row)})`);
  }

  // How many runs lie on each other, where they cannot be counted.
  counts() {
    this.over.selectAll("text.pile").data(this.piles).join("text").attr("class", "pile")
      .attr("x", d => Math.min(d3.mean(d, run => run.x) + this.radius, this.width)).attr("text-anchor", "end")
      .attr("y", d => this.middle(d[0].row) - this.room / 2 - 5).text(d => `${d.length} runs`);
  }

  nearest(event) {
    const [x, y] = d3.pointer(event);
    const run = this.runs[this.delaunay.find(x, y)];
    return run && Math.hypot(run.x - x, run.y - y) < 24 ? run : null;
  }

  walk(event) {
    if (event.key === "Escape") {
      this.pinned = null;
      document.activeElement.blur();
    }
    const run = this.chosen, own = run && this.walked[run.row];
    const next = run && {
      ArrowLeft: () => own[own.indexOf(run) - 1],
      ArrowRight: () => own[own.indexOf(run) + 1],
      ArrowUp: () => d3.least(this.same(run).filter(d => d.row < run.row), d => -d.row),
      ArrowDown: () => d3.least(this.same(run).filter(d => d.row > run.row), d => d.row),
      Home: () => own[0],
      End: () => own[own.length - 1],
    }[event.key];
    if (!next) return;
    event.preventDefault();
    const found = next();
    if (found) this.dots.selectAll("circle").filter(d => d === found).node().focus();
  }

  same(run) {
    return run ? this.runs.filter(d => d.seed === run.seed) : [];
  }

  sentence(run) {
    const right = page.measure === "accuracy" ? `accuracy ${figure(run.value)}, ` : "";
    return `${run.method}, seed ${run.seed}: ${right}loss ${number(run.loss)}, ` +
      `${count(run.connections)} connections, ${brief(run.seconds)} seconds`;
  }

  // Show a run and those of the same seed; null for none.
  look(run) {
    this.chosen = run;
    const same = this.same(run);
    this.marks.selectAll("path.thread").data(same.length > 1 ? [same] : []).join("path").attr("class", "thread")
      .attr("d", d3.line(d => d.x, d => d.y));
    this.marks.selectAll("circle").data(same).join("circle")
      .attr("class", d => d === run ? "mark chosen" : "mark").attr("data-method", d => d.method)
      .attr("cx", d => d.x).attr("cy", d => d.y).attr("r", this.radius + 2);
    // One dot can be reached with the tabulator key, the others from there with the arrows.
    const stop = run || this.walked.find(own => own.length)[0];
    this.dots.selectAll("circle").attr("tabindex", d => d === stop ? 0 : -1);
    this.describe(run, same);
  }

  describe(run, same) {
    this.details.selectChildren().remove();
    if (!run) {
      this.details.append("p").attr("class", "note")
        .text("Point at a dot (or walk to one with the keys) to see that run, and the same seed of all methods.");
      return;
    }
    this.details.append("p").append("strong").text(this.sentence(run));
    const heads = [`seed ${run.seed}`, ...(page.measure === "accuracy" ? ["accuracy"] : []), "loss", "connections", "seconds"];
    const table = this.details.append("table");
    table.append("thead").append("tr").selectAll("th").data(heads).join("th").attr("scope", "col").text(d => d);
    table.append("tbody").selectAll("tr").data(same).join("tr").attr("class", d => d === run ? "chosen" : null)
      .selectAll("td,th").data(d => [d.method, ...(page.measure === "accuracy" ? [figure(d.value)] : []),
        number(d.loss), count(d.connections), brief(d.seconds)])
      .join(enter => enter.append((d, i) => document.createElement(i ? "td" : "th"))).text(d => d);
  }
}
