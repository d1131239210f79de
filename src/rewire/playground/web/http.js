// The transport of the local page: frames by server-sent events, commands by POST.

function http(base = ".") {
  return {
    async send(command) {
      const answer = await fetch(`${base}/commands`, {
        method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(command),
      });
      if (!answer.ok) throw new Error((await answer.json()).error);
    },
    open(onframe, onerror) {
      const source = new EventSource(`${base}/frames`);
      source.onmessage = event => onframe(JSON.parse(event.data));
      source.onerror = () => onerror(new Error("The connection to the session is lost: is rewire play still running?"));
      return () => source.close();
    },
    // What leaves the session: a link as text, everything else as a file.
    async fetch(what) {
      const answer = await fetch(`${base}/export/${what}`);
      if (!answer.ok) throw new Error((await answer.json()).error);
      const name = (answer.headers.get("Content-Disposition") || "").split('"')[1] || what;
      return what === "link" ? {name, text: (await answer.text()).trim()} : {name, blob: await answer.blob()};
    },
  };
}
