// The transport of a page without a server: Python runs in a Worker of the browser.

function inWorker(address, commands) {
  const worker = new Worker(address, {type: "module"}), waiting = new Map();
  let last = 0;
  const ask = message => new Promise((resolve, reject) => {
    last += 1;
    waiting.set(last, {resolve, reject});
    worker.postMessage({...message, id: last});
  });
  const ready = ask({begin: commands});
  return {
    ready,
    send: command => ready.then(() => ask({command})),
    open(onframe, onerror) {
      worker.onmessage = ({data: {id, frame, error}}) => {
        if (frame) return onframe(JSON.parse(frame));
        const {resolve, reject} = waiting.get(id);
        waiting.delete(id);
        return error ? reject(new Error(error)) : resolve();
      };
      worker.onerror = event => onerror(new Error(event.message || "Python could not be loaded."));
      ready.catch(onerror);
      return () => worker.terminate();
    },
  };
}
