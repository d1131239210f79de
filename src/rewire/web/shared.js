// Shared by all pages: the data, number formats, a panel for a picture, light and dark themes.

const page = JSON.parse(document.getElementById("data").textContent);
d3.select("#lede").selectAll("li").data(page.lede).join("li").text(d => d);

// What is not all is never rounded to 100%, and what is not nothing never to 0%.
const inPercent = digits => share => {
  const least = 10 ** -digits, text = d3.format(`.${digits}%`);
  if (share < 1 && share > 1 - least / 200) return text(1 - least / 100);
  return text(share > 0 && share < least / 200 ? least / 100 : share);
};
const percent = inPercent(1), count = d3.format(",");
const capital = word => word[0].toUpperCase() + word.slice(1);

function panel(parent, title, width, height) {
  const box = parent.append("div").attr("class", "panel");
  box.append("h3").text(title);
  const svg = box.append("svg").attr("viewBox", `0 0 ${width} ${height}`).attr("role", "img").attr("aria-label", title);
  return {box, svg};
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

const dark = matchMedia("(prefers-color-scheme: dark)");
setTheme(dark.matches ? "dark" : "light");
dark.addEventListener("change", () => setTheme(dark.matches ? "dark" : "light"));
document.getElementById("theme").addEventListener("click", () =>
  setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
