// Forms for the commands that set something up, made from the table of commands.

// What each form shows of its command, and how it calls the fields.
const FORMS = [
  ["data", "Points", {samples: "points", noise: "noise", seed: "seed", formula: "or a formula"}],
  ["network", "Network", {layers: "layers", density: "density", activation: "activation", wiring: "wiring", seed: "seed"}],
  ["learning_rate", "Learning", {value: "learning rate", momentum: "momentum"}],
  ["method", "Rewiring", {name: "method", interval: "every … steps", fraction: "share that moves", until: "until step"}],
];

class Settings {
  constructor(parent, app) {
    Object.assign(this, {app, forms: {}, current: {}});
    this.root = element(parent, "div", {class: "settings"});
  }

  make() {
    for (const [command, title, names] of FORMS) {
      const box = element(this.root, "details", {class: "form", open: command === "method"});
      element(box, "summary", {}, title);
      const form = element(box, "form", {"data-do": command, on: {submit: event => event.preventDefault()}});
      form.noValidate = true;
      const inputs = {};
      for (const [key, label] of Object.entries(names)) {
        inputs[key] = this.field(form, command, key, label, SCHEMA[command].fields[key]);
      }
      const problem = element(form, "p", {class: "problem", role: "alert"});
      if (command === "network") element(form, "button", {type: "button", title: "New networks with the same settings and the next seed", on: {click: () => this.again()}}, "New weights");
      this.forms[command] = {inputs, problem, box};
    }
  }

  field(form, command, key, label, {kind, help, low, high, choices}) {
    const row = element(form, "label", {title: help});
    element(row, "span", {}, label);
    const number = kind === "integer" || kind === "number";
    const input = choices
      ? element(row, "select", {name: key})
      : element(row, "input", {name: key, type: "text", inputmode: number ? "decimal" : null, autocomplete: "off", spellcheck: "false",
        placeholder: key === "formula" ? "sin(3*x)*y > 0" : null});
    for (const choice of choices || []) element(input, "option", {value: choice}, choice);
    input.dataset.kind = kind;
    if (number) input.title = `${help} From ${low} to ${high}.`;
    input.addEventListener("change", () => this.send(command, {[key]: read(input)}));
    return input;
  }

  // Sends a command with its present fields, some of them changed.
  send(command, changes) {
    const present = {...this.current[command]};
    if (command === "data") {
      const chosen = Object.keys(changes).some(key => ["name", "formula", "points"].includes(key));
      if (chosen) for (const key of ["name", "formula", "points"]) present[key] = null;
      else if (present.points) return this.app.say("These points are your own: choose a shape first.", true);
    }
    if (command === "data" && changes.formula === "") changes = {name: "moons"};
    const full = {...present, do: command, ...changes};
    return this.app.send(full, this.forms[command] && this.forms[command].problem);
  }

  again() {
    return this.send("network", {seed: (this.current.network?.seed ?? 0) + 1});
  }

  draw(settings) {
    const {data, network, learning_rate: rate, methods} = settings, key = JSON.stringify({...settings, look: null});
    if (key === this.key) return;
    this.key = key;
    this.current = {data, network, learning_rate: rate, method: methods && methods[1] || defaults("method")};
    for (const [command, {inputs}] of Object.entries(this.forms)) {
      const present = this.current[command];
      for (const [key, input] of Object.entries(inputs)) {
        if (present && this.app.active !== input) input.value = written(present[key]);
      }
    }
  }
}

// A command with its fields at their defaults.
function defaults(command) {
  return Object.fromEntries(Object.entries(SCHEMA[command].fields).map(([key, field]) => [key, field.default ?? field.choices?.[0]]));
}

// The value of an input, as a command takes it; what is no number stays text, which is refused.
function read(input) {
  const text = input.value.trim(), {kind} = input.dataset;
  const number = part => part.trim() !== "" && Number.isFinite(+part) ? +part : part;
  if (kind === "integer" || kind === "number") return number(text);
  if (kind === "integers") return text === "" ? [] : text.split(/[\s,]+/).filter(Boolean).map(number);
  if (kind === "density") {
    const parts = text.split(/[\s,]+/).filter(Boolean).map(number);
    return parts.length === 1 ? parts[0] : parts;
  }
  return text;
}

function written(value) {
  return value === null || value === undefined ? "" : Array.isArray(value) ? value.join(", ") : String(value);
}
