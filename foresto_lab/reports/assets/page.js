"use strict";
// Draws the charts that the page carries as data, and lets the reader choose light or
// dark. Charts have transparent backgrounds; their text takes its colour from the CSS.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = () => innerWidth <= 640;
  let chosen = null;
  try { chosen = localStorage.getItem("foresto-theme"); } catch { /* not allowed */ }
  const show = () => {
    root.dataset.theme = chosen || (dark.matches ? "dark" : "light");
  };
  show();
  dark.addEventListener("change", show);

  const config = { responsive: true, displayModeBar: false };

  function fit(figure) {
    const layout = structuredClone(figure.layout);
    const data = structuredClone(figure.data);
    if (matchMedia("(pointer: coarse)").matches) layout.dragmode = false;
    const changes = narrow() && layout.meta && layout.meta.narrow;
    if (changes) data.forEach((trace) => Object.assign(trace, changes));
    return { data, layout };
  }

  async function draw() {
    await Promise.all([
      document.fonts.load('400 12px "Foresto Sans"'),
      document.fonts.load('700 12px "Foresto Sans"'),
    ]).catch(() => null);
    const charts = [...document.querySelectorAll(".chart")].map((place) => ({
      target: place.querySelector("div"),
      figure: JSON.parse(place.querySelector("script").textContent),
    }));
    for (const { target, figure } of charts) {
      const { data, layout } = fit(figure);
      await Plotly.newPlot(target, data, layout, config);
    }
    let wasNarrow = narrow();
    addEventListener("resize", () => {
      if (narrow() === wasNarrow) return;
      wasNarrow = narrow();
      for (const { target, figure } of charts) {
        const { data, layout } = fit(figure);
        Plotly.react(target, data, layout, config);
      }
    });
    const resize = (width) => charts.forEach(({ target }) =>
      Plotly.relayout(target, width ? { width } : { width: null, autosize: true }));
    addEventListener("beforeprint", () => resize(680));
    addEventListener("afterprint", () => resize(null));
    root.dataset.drawn = String(charts.length);
  }

  addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector(".theme");
    button.addEventListener("click", () => {
      chosen = root.dataset.theme === "dark" ? "light" : "dark";
      try { localStorage.setItem("foresto-theme", chosen); } catch { /* not kept */ }
      show();
    });
    draw();
  });
})();
