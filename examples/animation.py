"""The post's network rewiring itself, as an animated picture."""

import sys
from pathlib import Path

from rewire.report import write_animation
from rewire.reproduce import reproduce_post

out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/examples")
out.mkdir(parents=True, exist_ok=True)
rigl = reproduce_post(seed=1337).rigl
film = write_animation(rigl.recorder.recording, out / "rewiring.webp")
print(f"{len(rigl.rewirings)} rewirings in {film}: {film.stat().st_size / 1000:.0f} kB")
