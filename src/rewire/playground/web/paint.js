// Painting numbers as colours on canvases: boundaries, tiles of neurons, points.

// 256 colours from the negative over the paper to the positive one, as the style has them now.
function paletteOf(element) {
  const style = getComputedStyle(element), colour = name => style.getPropertyValue(name).trim();
  const strength = +colour("--strength") || 0.7;
  const sides = ["--negative", "--positive"].map(name => d3.interpolateLab(colour("--tile"), colour(name)));
  const bytes = new Uint8ClampedArray(256 * 4);
  for (let i = 0; i < 256; i += 1) {
    const value = (i - 128) / 127, {r, g, b} = d3.rgb(sides[value < 0 ? 0 : 1](strength * Math.abs(value) ** 0.7));
    bytes.set([r, g, b, 255], 4 * i);
  }
  return {table: new Uint32Array(bytes.buffer), ink: colour("--ink"), paper: colour("--paper"), positive: colour("--positive"), negative: colour("--negative")};
}

// A picture of so many shades a row, the first row at the top.
function picture(shades, width, palette, canvas) {
  const height = shades.length / width;
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const image = new ImageData(width, height), pixels = new Uint32Array(image.data.buffer), {table} = palette;
  for (let i = 0; i < pixels.length; i += 1) pixels[i] = table[shades[i]];
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// Makes a canvas as sharp as the screen; returns its context, in CSS pixels.
function sharp(canvas, width, height) {
  const ratio = Math.min(window.devicePixelRatio || 1, 3);
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

// The line where a picture's numbers change their sign.
function zeroLine(context, shades, size, width, colour) {
  const scale = width / (size - 1), path = d3.geoPath(d3.geoTransform({
    point(x, y) { this.stream.point((x - 0.5) * scale, (y - 0.5) * scale); },
  }), context);
  const centred = Array.from(shades, shade => shade - 128);
  const rings = d3.contours().size([size, size]).contour(centred, 0.01).coordinates.flat();
  const edge = ([x, y]) => x < 0.51 || y < 0.51 || x > size - 0.51 || y > size - 0.51;
  const parts = rings.flatMap(ring => {
    const found = [[]];
    ring.forEach((point, i) => {
      found[found.length - 1].push(point);
      if (i + 1 < ring.length && edge(point) && edge(ring[i + 1])) found.push([]);
    });
    return found.filter(part => part.length > 1);
  });
  context.beginPath();
  path({type: "MultiLineString", coordinates: parts});
  context.strokeStyle = colour;
  context.lineWidth = 1.6;
  context.stroke();
}

// Points of the data: circles of class 0, squares of class 1, so that shape tells what colour does.
function drawPoints(context, points, [x, y], palette, radius = 3.2) {
  context.lineWidth = 1;
  context.strokeStyle = palette.paper;
  for (const [a, b, label] of points) {
    context.fillStyle = label > 0 ? palette.positive : palette.negative;
    context.beginPath();
    if (label > 0) context.rect(x(a) - radius * 0.9, y(b) - radius * 0.9, 1.8 * radius, 1.8 * radius);
    else context.arc(x(a), y(b), radius, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
}

function scalesOf([left, right, bottom, top], side) {
  return [d3.scaleLinear([left, right], [0, side]), d3.scaleLinear([bottom, top], [side, 0])];
}

function element(parent, tag, attributes = {}, text = null) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, handler] of Object.entries(value)) made.addEventListener(event, handler);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  if (text !== null) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}
