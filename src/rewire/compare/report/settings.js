// What was compared, at the end of every page of a study.

function definitions(parent, rows) {
  const list = parent.append("dl");
  for (const [name, text] of rows) {
    list.append("dt").text(name);
    list.append("dd").text(text);
  }
}

function drawSettings(parent, parts, runName) {
  parent.append("p").text(`${page.description}. Measured: ${page.measure} on ${page.measured_on}.`);
  for (const note of page.notes) parent.append("p").attr("class", "note").text(note);
  parent.append("p").text(page.command ? "The command that makes it again:"
    : "Made in Python, with settings that the command has no options for.");
  if (page.command) parent.append("pre").attr("id", "command").text(page.command);
  const composed = parent.append("details");
  composed.append("summary").text("How each method is composed");
  definitions(composed, parts);
  const settings = parent.append("details");
  settings.append("summary").text("All settings");
  definitions(settings, page.settings);
  if (page.failures.length) {
    const failed = parent.append("details").attr("open", "");
    failed.append("summary").text(`Runs that failed: ${page.failures.length}`);
    definitions(failed, page.failures.map(one => [runName(one), one.error]));
  }
}
