/* A web worker for pages opened as files, where browsers allow none: its script runs in a hidden
   frame, and messages go through the frame's window. */
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      this.onmessage = null
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.body.append(frame)
      const inner = frame.contentWindow
      // What the script posts goes out to the page, and what the page posts arrives in the frame.
      inner.postMessage = data => {
        const message = new MessageEvent("message", { data })
        this.onmessage?.(message)
        this.dispatchEvent(message)
      }
      inner.importScripts = (...urls) =>
        Promise.all(urls.map(each => this.load(inner.document, each)))
      this.deliver = data => inner.dispatchEvent(new MessageEvent("message", { data }))
      this.ready = this.load(inner.document, url)
    }

    load(document, url) {
      return new Promise((resolve, reject) => {
        const script = document.createElement("script")
        script.async = false
        script.src = url
        script.onload = resolve
        script.onerror = reject
        document.head.append(script)
      })
    }

    postMessage(data) {
      this.ready.then(() => this.deliver(data))
    }

    terminate() {}
  }
}
