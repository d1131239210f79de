// The transport of the local page: frames by server-sent events, commands by POST.

export function http(base = ".") {
  return {
    // Resolves when the command is done; rejects with the reason if it is not taken.
    async send(command) {
      const answer = await fetch(`${base}/commands`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(command),
      });
      if (!answer.ok) throw new Error((await answer.json()).error);
    },
    open(onframe, onerror) {
      const source = new EventSource(`${base}/frames`);
      source.onmessage = (event) => onframe(JSON.parse(event.data));
      source.onerror = () => onerror(new Error("the connection is lost"));
      return () => source.close();
    },
  };
}
