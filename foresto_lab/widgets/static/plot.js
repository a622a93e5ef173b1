// A Plotly chart for anywidget: drawn offline, from binary columns, in Lab's own theme.
//
// A spec is {data, layout, columns}. Wherever a string begins with "@" it is a name: of
// a column in `columns` (little-endian float64), or of a colour in the palette.

const PLOTLY = Symbol.for("foresto_lab.plotly");
const FONT = Symbol.for("foresto_lab.font");

// Plotly comes from the kernel's own package, once per page, so nothing is downloaded.
async function loadPlotly(model) {
  globalThis[PLOTLY] ??= await evaluate(await askForFile(model, "plotly"));
  return globalThis[PLOTLY];
}

function askForFile(model, name) {
  return new Promise((resolve) => {
    const receive = (message, buffers) => {
      if (message.event !== name) return;
      model.off("msg:custom", receive);
      resolve(buffers[0]);
    };
    model.on("msg:custom", receive);
    model.send({ command: name });
  });
}

// A machine without Korean fonts draws one and the same box for every syllable.
function writesHangul() {
  const drawn = (text) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [24, 24];
    const context = canvas.getContext("2d");
    context.font = "18px system-ui, sans-serif";
    context.fillText(text, 2, 20);
    return context.getImageData(0, 0, 24, 24).data.join();
  };
  return drawn("한") !== drawn("글");
}

// The font has to be there before the first text: what was drawn as boxes stays so.
async function loadFont(model) {
  if (writesHangul() || globalThis[FONT]) return;
  const bytes = await askForFile(model, "font");
  globalThis[FONT] = new FontFace("Foresto Sans", bytes, { weight: "45 930" });
  document.fonts.add(await globalThis[FONT].load());
}

async function evaluate(gzipped) {
  const inflated = new Blob([gzipped])
    .stream()
    .pipeThrough(new DecompressionStream("gzip"));
  const source = await new Response(inflated).text();
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const another = window.Plotly;
  window.PlotlyConfig ??= { MathJaxConfig: "local" };
  try {
    await import(url);
    return window.Plotly;
  } finally {
    URL.revokeObjectURL(url);
    if (another) window.Plotly = another;
  }
}

const columnCache = new WeakMap();

function column(view) {
  if (!columnCache.has(view)) {
    const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
    columnCache.set(view, new Float64Array(bytes));
  }
  return columnCache.get(view);
}

function resolveNames(value, columns, palette) {
  if (typeof value === "string" && value.startsWith("@")) {
    const name = value.slice(1);
    return name in columns ? column(columns[name]) : palette[name];
  }
  if (Array.isArray(value)) return value.map((v) => resolveNames(v, columns, palette));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, v]) => [key, resolveNames(v, columns, palette)]),
  );
}

class Plot {
  constructor(model, element, palettes) {
    this.element = element;
    this.palettes = palettes;
    this.plotly = loadPlotly(model);
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(element);
  }

  // Draw the spec and wait until it is on the screen.
  async draw(spec) {
    this.spec = spec;
    const plotly = await this.plotly;
    if (this.spec !== spec || !this.element.isConnected) return false;
    const page = getComputedStyle(this.element).backgroundColor;
    const palette = { ...this.palettes[pageTheme()], page };
    const layout = resolveNames(spec.layout, spec.columns, palette);
    const data = resolveNames(spec.data, spec.columns, palette);
    await plotly.react(this.element, data, layout, {
      displaylogo: false,
      displayModeBar: false,
      doubleClick: "reset",
    });
    return true;
  }

  redraw() {
    return this.spec ? this.draw(this.spec) : Promise.resolve(false);
  }

  async resize() {
    const plotly = await this.plotly;
    const { clientWidth, clientHeight } = this.element;
    if (this.element.layout && clientWidth && clientHeight) {
      plotly.Plots.resize(this.element);
    }
  }

  async remove() {
    this.resizing.disconnect();
    (await this.plotly).purge(this.element);
  }
}

// JupyterLab says which theme it shows; elsewhere the system's preference holds.
function pageTheme() {
  const { jpThemeLight } = document.body.dataset;
  if (jpThemeLight !== undefined) return jpThemeLight === "false" ? "dark" : "light";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function watchTheme(changed) {
  const attributes = new MutationObserver(changed);
  attributes.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  const preference = matchMedia("(prefers-color-scheme: dark)");
  preference.addEventListener("change", changed);
  return () => {
    attributes.disconnect();
    preference.removeEventListener("change", changed);
  };
}
