// Zooms to a function that is clicked, and searches; the widths and places are in the frames' data.
const W = 1200, LETTER = 6.7, all = [...document.querySelectorAll("#frames > g")];
for (const g of all) g.called = g.querySelector("title").textContent.replace(/: [^:]*$/, "");
const of = g => ({ x: +g.dataset.x, w: +g.dataset.w, row: +g.dataset.r });
function place(g, x, w) {
  const rect = g.querySelector("rect"), text = g.querySelector("text"), name = g.called;
  rect.setAttribute("x", x); rect.setAttribute("width", Math.max(w, 0));
  text.setAttribute("x", x + 3);
  const fit = Math.floor((w - 6) / LETTER);
  text.textContent = fit < 3 ? "" : name.length <= fit ? name : name.slice(0, fit - 1) + "\u2026";
}
function zoom(to) {
  const at = of(to), end = at.x + at.w;
  for (const g of all) {
    const { x, w, row } = of(g), inside = x >= at.x - 1e-6 && x + w <= end + 1e-6;
    const around = row < at.row && x <= at.x + 1e-6 && x + w >= end - 1e-6;
    g.style.display = around || row >= at.row && inside ? "" : "none";
    if (around) place(g, 0, W); else place(g, (x - at.x) / at.w * W, w / at.w * W);
  }
}
let shown = "";
function search() {
  const word = prompt("Functions whose name holds", shown);
  if (word === null) return;
  shown = word;
  let covered = 0, end = -1;
  for (const g of [...all].sort((a, b) => of(a).x - of(b).x || of(b).w - of(a).w)) {
    const hit = word !== "" && g.called.includes(word), { x, w } = of(g);
    g.classList.toggle("hit", hit); g.classList.toggle("miss", word !== "" && !hit);
    if (hit && x >= end - 1e-6) { covered += w; end = x + w; }
  }
  document.getElementById("found").textContent =
    word === "" ? "" : (covered / W * 100).toFixed(1) + " % is in them";
}
for (const g of all) {
  g.addEventListener("click", () => zoom(g));
  g.setAttribute("tabindex", "0");
  g.addEventListener("keydown", e => { if (e.key === "Enter") zoom(g); });
}
const button = document.getElementById("search");
button.style.display = ""; button.addEventListener("click", search);
