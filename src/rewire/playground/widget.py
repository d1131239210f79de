"""The page as a widget of notebooks, by anywidget; the session computes in the kernel."""

from __future__ import annotations

import base64
import json
import threading
from time import monotonic
from typing import Any, ClassVar

from rewire.io import import_optional

from .fields import CommandError
from .page import module, style
from .player import RATE, Player
from .watching import Watch

AnyWidget: Any = import_optional("anywidget", "notebook").AnyWidget

__all__ = ["PlayWidget"]

PATIENCE = 10.0  # seconds without a sign of any view after which nothing runs for nobody
# What is added to the page's module: the transport by messages of the widget, and the entrance. The
# page is in a shadow tree, which a notebook's own style does not reach.
ENTRANCE = """
function widgetMessages(model) {
  const waiting = new Map();
  let count = 0;
  const ask = content => new Promise((resolve, reject) => {
    waiting.set(++count, {resolve, reject});
    model.send({...content, id: count});
  });
  return {
    send: command => ask({command}),
    async fetch(kind) {
      const {name, type, base64} = await ask({export: kind});
      const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
      const blob = new Blob([bytes], {type});
      return kind === "link" ? {name, text: await blob.text()} : {name, blob};
    },
    open(onframe) {
      const take = message => {
        if (message.frame) {
          onframe(message.frame);
          model.send({seen: message.frame.frame});
        } else if (waiting.has(message.id)) {
          const {resolve, reject} = waiting.get(message.id);
          waiting.delete(message.id);
          if (message.error) reject(new Error(message.error)); else resolve(message.result);
        }
      };
      model.on("msg:custom", take);
      model.send({open: true});
      return () => model.off("msg:custom", take);
    },
  };
}

function notebookTheme() {
  const {jpThemeLight, vscodeThemeKind} = document.body.dataset;
  if (jpThemeLight !== undefined) return jpThemeLight === "true" ? "light" : "dark";
  if (vscodeThemeKind) return vscodeThemeKind.includes("light") ? "light" : "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export default {
  render({model, el}) {
    const page = document.createElement("div"), style = document.createElement("style");
    style.textContent = STYLE;
    el.attachShadow({mode: "open"}).append(style, page);
    const app = mount(page, widgetMessages(model), {guide: false, theme: notebookTheme()});
    return () => app.close();
  },
};
"""


class PlayWidget(AnyWidget):
    """A session in a notebook; :func:`rewire.play` makes one.

    Parameters
    ----------
    player : Player or Watch
        What the widget shows and sends commands to.

    Attributes
    ----------
    player : Player or Watch
    """

    _esm: ClassVar[str] = f"{module()}\nconst STYLE = {json.dumps(style())};\n{ENTRANCE}"

    def __init__(self, player: Player | Watch, **options: Any):
        super().__init__(**options)
        self.player = player
        self._seen, self._sent = -1, -1
        self._cursor: dict[str, int] | None = None
        self._heard = monotonic()
        self._lock = threading.Lock()
        self._over, self._begun = False, False
        self.on_msg(self._receive)

    def close(self) -> None:
        """End the session and the widget."""
        self._over = True
        self.player.close()
        super().close()

    def _receive(self, widget: Any, content: Any, buffers: Any) -> None:
        """Take a message of a view: that it opens, what it has seen, or what it asks for."""
        if not isinstance(content, dict):
            return
        self._heard = monotonic()
        if "seen" in content:
            self._seen = content["seen"]
        elif content.get("open"):
            self._begin()
            self._send_frame(whole=True)
        elif "command" in content:
            self._answer(content.get("id"), lambda: self.player.send(content["command"]))
        elif "export" in content:
            lane = 0 if content.get("lane") == 0 else 1
            self._answer(content.get("id"), lambda: self._export(content["export"], lane))

    def _begin(self) -> None:
        """Run the session, once there is a view."""
        if not self._begun:
            self._begun = True
            self.player.start()
            threading.Thread(target=self._show, name="rewire widget", daemon=True).start()

    def _answer(self, number: Any, do: Any) -> None:
        try:
            self.send({"id": number, "result": do()})
        except CommandError as error:
            self.send({"id": number, "error": str(error)})

    def _export(self, kind: Any, lane: int) -> dict[str, str]:
        name, media_type, content = self.player.export(kind, lane)
        return {"name": name, "type": media_type, "base64": base64.b64encode(content).decode()}

    def _show(self) -> None:
        """Send a frame whenever there is a later one and the last has been seen."""
        pause = threading.Event()
        while not self._over:
            if self.player.wait(self._sent, 1.0) and self._seen == self._sent != -1:
                self._send_frame()
            elif self.player.running and monotonic() - self._heard > PATIENCE:
                self.player.rest()
            pause.wait(1 / RATE)

    def _send_frame(self, whole: bool = False) -> None:
        with self._lock:
            frame = self.player.frame(None if whole else self._cursor)
            self._sent, self._cursor = frame["frame"], frame["cursor"]
            self.send({"frame": frame})
