export function mount(element, transport) {
  const pre = element.appendChild(document.createElement("pre"));
  return transport.open(
    (frame) => (pre.textContent = JSON.stringify(frame, null, 1).slice(0, 3000)),
    (error) => (pre.textContent = error.message),
  );
}
