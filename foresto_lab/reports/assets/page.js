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

  // What a chart carries for its zoom stays out of Plotly's hands.
  function takeCandles(figure) {
    const candles = figure.layout.meta && figure.layout.meta.candles;
    if (candles) delete figure.layout.meta.candles;
    return candles;
  }

  function fit(figure) {
    const layout = structuredClone(figure.layout);
    const data = structuredClone(figure.data);
    if (matchMedia("(pointer: coarse)").matches) layout.dragmode = false;
    const changes = narrow() && layout.meta && layout.meta.narrow;
    if (changes) data.forEach((trace) => Object.assign(trace, changes));
    return { data, layout };
  }

  // A sheet of A4 that holds more than it has room for is set smaller, until it fits.
  function fitSheets() {
    if (innerWidth <= 840) return;
    for (const sheet of document.querySelectorAll(".sheet")) {
      const page = parseFloat(getComputedStyle(sheet).minHeight) + 1;
      let size = 1;
      while (sheet.offsetHeight > page && size > 0.6) {
        size -= 0.01;
        sheet.style.setProperty("--fit", size.toFixed(2));
      }
      sheet.classList.add("fitted");
    }
  }

  async function draw() {
    await Promise.all([
      document.fonts.load('400 12px "Foresto Sans"'),
      document.fonts.load('700 12px "Foresto Sans"'),
    ]).catch(() => null);
    fitSheets();
    const charts = [...document.querySelectorAll(".chart")].map((place) => ({
      target: place.querySelector("div"),
      figure: JSON.parse(place.querySelector("script").textContent),
    }));
    for (const chart of charts) {
      const { target, figure } = chart;
      const candles = takeCandles(figure);
      const { data, layout } = fit(figure);
      await Plotly.newPlot(target, data, layout, config);
      if (!candles) continue;
      chart.redraw = ForestoCandles.follow(Plotly, target, candles, data, config);
      await chart.redraw();
    }
    let wasNarrow = narrow();
    addEventListener("resize", () => {
      if (narrow() === wasNarrow) return;
      wasNarrow = narrow();
      for (const { target, figure, redraw } of charts) {
        if (redraw) continue;
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
    document.querySelectorAll(".trades").forEach(showTrades);
    draw();
  });

  // --- the table of trades: sorted, a page at a time, and all of it as a file ----------

  async function readText({ gzip, data }) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream();
    const plain = gzip ? stream.pipeThrough(new DecompressionStream("gzip")) : stream;
    return new Response(plain).text();
  }

  const make = (tag, text, attributes = {}) => {
    const element = document.createElement(tag);
    element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };

  async function showTrades(section) {
    const packed = JSON.parse(section.querySelector("script").textContent);
    const csv = await readText(packed);
    const [head, ...lines] = csv.trim().split("\n").map((line) => line.split(","));
    const columns = packed.columns.map((column) => ({ ...column, place: head.indexOf(column.name) }));
    const body = section.querySelector("tbody");
    const headings = [...section.querySelectorAll("th")];
    const pages = Math.max(1, Math.ceil(lines.length / packed.rows));
    const state = { page: 0, column: null, ascending: false, rows: lines };

    const written = ({ kind, words }, text) => {
      if (text === "") return packed.missing;
      if (words) return words[text] ?? text;
      const value = Number(text);
      if (kind === "percent") return `${(value * 100).toFixed(2)}%`;
      if (kind === "money") return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
      if (kind === "price" || kind === "quantity") {
        return value.toLocaleString("en-US", { maximumSignificantDigits: 7 });
      }
      return kind === "count" ? value.toLocaleString("en-US") : text;
    };
    const row = (line) => {
      const cells = columns.map((column) => {
        const text = line[column.place];
        const tone = column.tone && text !== "" ? (Number(text) < 0 ? " loss" : " gain") : "";
        const attributes = column.number ? { class: `number${tone}` } : {};
        return make("td", written(column, text), attributes);
      });
      const made = document.createElement("tr");
      made.append(...cells);
      return made;
    };
    const back = make("button", packed.back, { type: "button" });
    const next = make("button", packed.next, { type: "button" });
    const where = make("span", "");
    const download = make("button", packed.download, { type: "button", class: "download" });
    const show = () => {
      const from = state.page * packed.rows;
      body.replaceChildren(...state.rows.slice(from, from + packed.rows).map(row));
      where.textContent = packed.page_of
        .replace("{page}", String(state.page + 1))
        .replace("{pages}", String(pages));
      back.disabled = state.page === 0;
      next.disabled = state.page === pages - 1;
    };
    const turn = (step) => {
      state.page = Math.min(Math.max(state.page + step, 0), pages - 1);
      show();
    };
    const sort = (index) => {
      state.ascending = state.column === index ? !state.ascending : false;
      state.column = index;
      const { place, number } = columns[index];
      const sign = state.ascending ? 1 : -1;
      const value = (line) => (number ? (line[place] === "" ? -Infinity : Number(line[place])) : line[place]);
      state.rows = [...lines].sort((a, b) => {
        const [one, other] = [value(a), value(b)];
        return one === other ? 0 : sign * (one < other ? -1 : 1);
      });
      headings.forEach((heading, at) =>
        heading.setAttribute("aria-sort", at !== index ? "none" : state.ascending ? "ascending" : "descending"));
      state.page = 0;
      show();
    };
    headings.forEach((heading, index) => {
      const button = make("button", heading.textContent, { type: "button" });
      button.addEventListener("click", () => sort(index));
      heading.replaceChildren(button);
    });
    back.addEventListener("click", () => turn(-1));
    next.addEventListener("click", () => turn(1));
    download.addEventListener("click", () => {
      const link = make("a", "", { download: packed.file });
      link.href = URL.createObjectURL(new Blob([`\ufeff${csv}`], { type: "text/csv" }));
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    });
    const bar = make("nav", "", { class: "pages" });
    bar.append(back, where, next, download);
    section.append(bar);
    show();
  }
})();
