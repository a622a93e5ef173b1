// The strategy explorer's page: a pure function of the kernel's `state`.
//
// A text of JSON is sent as it is typed, a moment after the last key; what the reader is
// typing in is never written over.

const TYPING_PAUSE = 150;

class StrategyPage {
  constructor(model, element) {
    this.model = model;
    this.element = element;
    this.commands = new Commands(model);
    this.build();
    this.stopWatching = watchTheme(() => this.plot.redraw());
    this.changed = () => this.show();
    this.relabelled = () => this.rebuild();
    model.on("change:state", this.changed);
    model.on("change:wording", this.relabelled);
    this.show();
  }

  build() {
    const { labels, strategies, series } = this.model.get("wording");
    this.labels = labels;
    this.inputs = {};
    this.slides = 0;
    this.parameterNames = "";
    this.badge = h("span", { class: "fx-badge", title: labels.simulated_hint }, labels.simulated);
    const other = labels.language === "ko" ? "en" : "ko";
    const language = h(
      "button",
      {
        type: "button",
        class: "fx-quiet",
        onclick: () => this.commands.send("language", { language: other }),
      },
      labels.other_language,
    );
    this.parameters = h("fieldset", {});
    this.json = h("textarea", {
      class: "fx-json",
      name: "json",
      spellcheck: "false",
      "aria-label": labels.json,
      oninput: () => this.typed(),
    });
    this.message = h("div", { class: "fx-message", role: "alert" });
    this.preflight = h("div", { class: "fx-preflight", "aria-live": "polite" });
    this.metrics = h("dl", { class: "fx-metrics" });
    this.chart = h("div", { class: "fx-plot", role: "img", "aria-label": labels.chart });
    this.timing = h("p", { class: "fx-timing" });
    this.status = h("div", { class: "fx-status", role: "status" });
    this.whole = h(
      "button",
      { type: "button", class: "fx-quiet fx-whole", onclick: () => this.commands.send("zoom") },
      labels.whole_span,
    );
    this.save = h(
      "button",
      {
        type: "button",
        class: "fx-action fx-save_run",
        onclick: () => this.commands.send("save"),
      },
      labels.save_run,
    );
    const options = [...strategies.map((name) => [name, name]), ["", labels.own_json]];
    const form = h(
      "form",
      { class: "fx-controls", onsubmit: (event) => event.preventDefault() },
      h(
        "fieldset",
        {},
        this.select("strategy", options),
        this.select("series", series.map((name) => [name, name])),
      ),
      this.parameters,
      h(
        "fieldset",
        {},
        h("legend", {}, labels.money_and_costs),
        this.amount("initial_capital"),
        this.amount("fee_rate"),
        this.amount("slippage_bps"),
      ),
      h("fieldset", {}, h("legend", {}, labels.json), this.json),
    );
    this.root = h(
      "div",
      { class: "foresto-explorer fx-strategy", lang: labels.language },
      h("header", {}, h("h2", {}, labels.title), this.badge, h("span", { class: "fx-space" }), this.whole, language),
      h(
        "div",
        { class: "fx-body" },
        h("aside", {}, form, h("div", { class: "fx-actions" }, this.save), this.status),
        h("section", {}, this.message, this.preflight, this.chart, this.metrics, this.timing),
      ),
    );
    this.element.replaceChildren(this.root);
    this.plot = new Plot(this.model, this.chart, this.model.get("palettes"));
  }

  rebuild() {
    this.plot.remove();
    this.build();
    this.show();
  }

  change(name, value, gesture = null) {
    this.commands.send("set", { changes: { [name]: value }, gesture });
  }

  typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.change("json", this.json.value, "json"), TYPING_PAUSE);
  }

  field(name, text, classes, ...inputs) {
    const id = `fx-${name}-${Math.random().toString(36).slice(2)}`;
    inputs[0].id = id;
    inputs[0].name = name;
    this.inputs[name] = inputs;
    return h("div", { class: `fx-field ${classes}` }, h("label", { for: id }, text), ...inputs);
  }

  select(name, options) {
    const items = options.map(([value, text]) => h("option", { value }, text));
    const onchange = (event) => this.change(name, event.target.value);
    return this.field(name, this.labels[name], "", h("select", { onchange }, ...items));
  }

  amount(name) {
    const onchange = (event) => this.change(name, event.target.value);
    const input = h("input", { type: "text", inputmode: "decimal", onchange });
    return this.field(name, this.labels[name], "", input);
  }

  parameter({ name, kind, low, high, step, choices }) {
    if (kind === "boolean") {
      const onchange = (event) => this.change(name, event.target.checked);
      return this.field(name, name, "fx-toggle", h("input", { type: "checkbox", onchange }));
    }
    if (kind === "choice") {
      const items = choices.map((value) => h("option", { value }, value));
      const onchange = (event) => this.change(name, event.target.value);
      return this.field(name, name, "", h("select", { onchange }, ...items));
    }
    const onchange = (event) => this.change(name, event.target.value);
    const number = h("input", { type: "text", inputmode: "decimal", onchange });
    const slide = (event) => {
      number.value = event.target.value;
      this.change(name, event.target.value, `${name}-${this.slides}`);
    };
    const range = { min: String(low), max: String(high), step: String(step) };
    const slider = h("input", {
      type: "range",
      ...range,
      oninput: slide,
      onchange: () => (this.slides += 1),
      "aria-label": name,
    });
    return this.field(name, name, "fx-parameter", number, slider);
  }

  showParameters(controls) {
    const names = controls.map(({ name }) => name).join();
    if (names !== this.parameterNames) {
      const legend = h("legend", {}, this.labels.parameters);
      this.parameters.replaceChildren(legend, ...controls.map((one) => this.parameter(one)));
      this.parameters.hidden = !controls.length;
      this.parameterNames = names;
    }
    for (const { name, value } of controls) this.fill(name, value ?? "");
  }

  fill(name, value) {
    for (const input of this.inputs[name]) {
      if (input.type === "checkbox") input.checked = value;
      else if (input !== document.activeElement && input.value !== String(value)) {
        input.value = String(value);
      }
    }
  }

  async show() {
    const state = this.model.get("state");
    const since = this.commands.answer(state.answers);
    for (const [name, value] of Object.entries(state.form)) this.fill(name, value);
    this.showParameters(state.controls);
    if (this.json !== document.activeElement) this.json.value = state.json;
    this.badge.hidden = !state.simulated;
    this.whole.hidden = !state.zoomed;
    this.message.textContent = state.message;
    this.message.hidden = !state.message;
    this.preflight.innerHTML = state.preflight;
    this.save.disabled = !state.metrics.length;
    this.status.textContent = state.status;
    this.metrics.replaceChildren(
      ...state.metrics.map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, text))),
    );
    if (!(await this.plot.draw(state.chart))) return;
    this.listen();
    if (since !== null) {
      const elapsed = Math.round(performance.now() - since);
      this.root.dataset.redrawMs = elapsed;
      this.timing.textContent = state.timing.replace("{redraw}", elapsed);
    }
    this.root.dataset.drawn = state.version;
  }

  // The kernel makes the candles of what is zoomed to.
  listen() {
    if (this.chart.dataset.heard) return;
    this.chart.dataset.heard = "true";
    this.chart.on("plotly_relayout", (changed) => {
      const [start, end] = ["xaxis.range[0]", "xaxis.range[1]"].map((name) => changed[name]);
      if (start !== undefined && end !== undefined) {
        this.commands.send("zoom", { start: milliseconds(start), end: milliseconds(end) });
      }
    });
    this.chart.on("plotly_doubleclick", () => {
      this.commands.send("zoom");
      return false;
    });
  }

  remove() {
    clearTimeout(this.typing);
    this.model.off("change:state", this.changed);
    this.model.off("change:wording", this.relabelled);
    this.stopWatching();
    this.plot.remove();
  }
}

// Plotly writes instants as texts in UTC without saying so.
function milliseconds(value) {
  if (typeof value === "number") return value;
  const text = value.length <= 10 ? `${value}T00:00` : value.replace(" ", "T");
  return Date.parse(`${text}Z`);
}

async function render({ model, el }) {
  await loadFont(model);
  const page = new StrategyPage(model, el);
  return () => page.remove();
}

export default { render };
