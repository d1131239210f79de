"""A convolutional PyTorch model that rewires itself, and the report of its training.

Needs PyTorch; for a picture of the page also Playwright and Chromium.
"""

import os
import shutil
import sys
from pathlib import Path

import torch
from PIL import Image
from playwright.sync_api import sync_playwright
from sklearn.datasets import load_digits
from torch import nn

import rewire.torch as rt
from rewire.report import Recorder, write_report

STEPS = 400
out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/examples")
out.mkdir(parents=True, exist_ok=True)

X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X, dtype=torch.float32).view(-1, 1, 8, 8) / 16, torch.tensor(y)
torch.manual_seed(0)
model = nn.Sequential(
    *(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
    *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
    *(nn.Flatten(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)),
)
rt.sparsify(model, density=0.1, seed=0)
optimizer = torch.optim.AdamW(rt.parameter_groups(model, weight_decay=0.01), lr=3e-3)
rewirer = rt.Rewirer(model, optimizer, "rigl", steps=STEPS, every=20, seed=0)

recorder = Recorder(data="digits", classes=range(10)).follow(rewirer)
for step in range(1, STEPS + 1):
    rows = torch.randint(0, 1500, (64,))
    loss = nn.functional.cross_entropy(model(X[rows]), y[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    rewirer.step()
    recorder.log(loss=loss)
    if step % 20 == 0:
        with torch.no_grad():
            right = model(X[1500:]).argmax(1) == y[1500:]
        recorder.log(validation_accuracy=right.float().mean())
page = write_report(recorder.recording, out / "pytorch_report.html")
share, rewirings = right.float().mean(), len(rewirer.history)
print(f"{share:.0%} of the digits held back, {rewirings} rewirings: {page}")

# A picture of the page's paths and layers, by a browser without a screen.
chromium = os.environ.get("REWIRE_CHROMIUM") or shutil.which("chromium")
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    tab = browser.new_page(viewport={"width": 1000, "height": 1780})
    tab.goto(page.resolve().as_uri())
    hidden = "#lede, #controls, .caption, .details, .run > .panels, .run > .legend"
    tab.add_style_tag(content=f"{hidden} {{ display: none; }}")
    tab.screenshot(path=out / "pytorch_report.png")
    browser.close()
with Image.open(out / "pytorch_report.png") as picture:
    picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(
        out / "pytorch_report.png", optimize=True
    )
