// Playgrounds within the pages: each is loaded when it is asked for.

const assets = new URL("playground/", import.meta.url);
const places = document.querySelectorAll("[data-playground]");
const themeOf = () => document.body.dataset.mdColorScheme === "slate" ? "dark" : "light";

function offer(place, commands) {
  const button = document.createElement("button");
  button.className = "md-button";
  button.textContent = "▶ Play with it here";
  const note = document.createElement("small");
  note.textContent = " Loads Python into the page once (6 MB) and then runs without a server.";
  place.replaceChildren(button, note);
  button.addEventListener("click", () => start(place, button, commands));
}

async function start(place, button, commands) {
  button.disabled = true;
  button.textContent = "Loading Python …";
  try {
    const {mount, inWorker} = await import(new URL("play.js", assets));
    const transport = inWorker(new URL("worker.js", assets), commands);
    // A tree of its own, so that the style of the site does not reach into it.
    const host = document.createElement("div"), tree = host.attachShadow({mode: "open"});
    const style = document.createElement("link"), root = document.createElement("div");
    style.rel = "stylesheet";
    style.href = new URL("play.css", assets);
    tree.append(style, root);
    place.append(host);
    host.hidden = true; // until there is something to see
    const page = mount(root, transport, {guide: false, single: "single" in place.dataset, theme: themeOf()});
    await transport.ready;
    place.replaceChildren(host);
    host.hidden = false;
    new MutationObserver(() => page.theme(themeOf())).observe(document.body, {attributeFilter: ["data-md-color-scheme"]});
  } catch (error) {
    place.textContent = `The playground could not be loaded: ${error.message}`;
  }
}

if (places.length) {
  const {pyodide, sessions} = await (await fetch(new URL("sessions.json", assets))).json();
  for (const place of places) {
    if (pyodide) offer(place, sessions[place.dataset.playground]);
    else place.textContent = "This site was built without Python for the browser: `make docs` fetches it where npm is installed. `rewire play` opens the same playground on your machine.";
  }
}
