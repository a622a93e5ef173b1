// The optimizer's page: a pure function of the kernel's `state`, and of what was `found`.
//
// The state comes several times a second while a search runs, and is small; what was
// found comes once. Nothing that the reader is typing in is written over.

class OptimizerPage {
  constructor(model, element) {
    this.model = model;
    this.element = element;
    this.commands = new Commands(model);
    this.build();
    this.stopWatching = watchTheme(() => {
      this.map.redraw();
      this.chart.redraw();
    });
    this.changed = () => this.show();
    this.discovered = () => this.showFound();
    this.relabelled = () => this.rebuild();
    model.on("change:state", this.changed);
    model.on("change:found", this.discovered);
    model.on("change:wording", this.relabelled);
    this.show();
    this.showFound();
  }

  build() {
    const { labels, strategies, series, methods, objectives } = this.model.get("wording");
    this.labels = labels;
    this.inputs = {};
    this.rangeNames = "";
    const other = labels.language === "ko" ? "en" : "ko";
    const language = h(
      "button",
      {
        type: "button",
        class: "fx-quiet fx-language",
        onclick: () => this.commands.send("language", { language: other }),
      },
      labels.other_language,
    );
    this.ranges = h("fieldset", { class: "fx-ranges" });
    this.planned = h("p", { class: "fx-planned", "aria-live": "polite" });
    this.start = h(
      "button",
      {
        type: "button",
        class: "fx-action fx-save_run fx-start",
        onclick: () => this.commands.send("start"),
      },
      labels.start,
    );
    this.cancel = h(
      "button",
      { type: "button", class: "fx-action fx-cancel", onclick: () => this.commands.send("cancel") },
      labels.cancel,
    );
    this.bar = h("progress", { max: "1", "aria-label": labels.search });
    this.told = h("p", { class: "fx-told", role: "status" });
    this.progress = h("div", { class: "fx-progress" }, this.bar, this.told);
    this.message = h("div", { class: "fx-message", role: "alert" });
    this.buildFound();
    const named = (names) => names.map((name) => [name, name]);
    const constraints = h("textarea", {
      class: "fx-json fx-constraints",
      spellcheck: "false",
      placeholder: labels.constraints_hint,
      onchange: (event) => this.change("constraints", event.target.value),
    });
    const form = h(
      "form",
      { class: "fx-controls", onsubmit: (event) => event.preventDefault() },
      h(
        "fieldset",
        {},
        this.select("strategy", named(strategies)),
        this.select("series", named(series)),
      ),
      this.ranges,
      h(
        "fieldset",
        {},
        h("legend", {}, labels.search),
        this.select("method", methods),
        this.amount("trials"),
        this.select("objective", objectives),
        this.field("constraints", labels.constraints, "fx-wide", constraints),
      ),
      h(
        "fieldset",
        {},
        h("legend", {}, labels.money_and_costs),
        this.amount("initial_capital"),
        this.amount("fee_rate"),
      ),
    );
    this.root = h(
      "div",
      { class: "foresto-explorer fx-strategy fx-optimizer", lang: labels.language },
      h("header", {}, h("h2", {}, labels.title), h("span", { class: "fx-space" }), language),
      h(
        "div",
        { class: "fx-body" },
        h("aside", {}, form, this.planned, h("div", { class: "fx-actions" }, this.start, this.cancel)),
        h("section", {}, this.message, this.progress, this.found),
      ),
    );
    this.element.replaceChildren(this.root);
    this.map = new Plot(this.model, this.mapElement, this.model.get("palettes"));
    this.chart = new Plot(this.model, this.chartElement, this.model.get("palettes"));
  }

  buildFound() {
    const { labels } = this;
    this.verdict = h("div", { class: "fx-verdict" });
    this.partial = h(
      "p",
      { class: "fx-partial" },
      h("span", { class: "fx-badge" }, labels.partial),
      ` ${labels.partial_hint}`,
    );
    this.how = h("p", { class: "fx-how" });
    this.findings = h("ul", { class: "fx-notes" });
    this.axes = ["x", "y"].map((axis) =>
      h("select", { name: `axis-${axis}`, "aria-label": labels[axis], onchange: () => this.turn() }),
    );
    this.mapElement = h("div", { class: "fx-plot fx-map", role: "img", "aria-label": labels.map });
    this.mapPart = h(
      "div",
      { class: "fx-part" },
      h("div", { class: "fx-axes" }, h("span", { class: "fx-hint" }, labels.map_hint), ...this.axes),
      this.mapElement,
    );
    this.table = h("div", { class: "fx-table", tabindex: "0" });
    this.openedTitle = h("h3", {});
    this.metrics = h("dl", { class: "fx-metrics" });
    this.chartElement = h("div", { class: "fx-plot fx-chart", role: "img", "aria-label": labels.chart });
    this.opened = h(
      "div",
      { class: "fx-part fx-opened" },
      this.openedTitle,
      this.metrics,
      this.chartElement,
    );
    this.found = h(
      "div",
      { class: "fx-found" },
      this.partial,
      this.verdict,
      this.how,
      this.findings,
      this.mapPart,
      h("div", { class: "fx-part" }, h("h3", {}, labels.top), this.table),
      this.opened,
    );
  }

  rebuild() {
    this.map.remove();
    this.chart.remove();
    this.build();
    this.show();
    this.showFound();
  }

  change(name, value) {
    this.commands.send("set", { changes: { [name]: value }, gesture: name });
  }

  turn() {
    const [x, y] = this.axes.map((axis) => axis.value);
    this.commands.send("axes", { x, y });
  }

  field(name, text, classes, input) {
    const id = `fx-${name}-${Math.random().toString(36).slice(2)}`;
    input.id = id;
    input.name = name;
    this.inputs[name] = input;
    return h("div", { class: `fx-field ${classes}` }, h("label", { for: id }, text), input);
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

  // --- ranges -----------------------------------------------------------------------

  range({ name }) {
    const id = `fx-range-${name}-${Math.random().toString(36).slice(2)}`;
    const tick = h("input", {
      type: "checkbox",
      id,
      name: `vary-${name}`,
      onchange: (event) => this.commands.send(event.target.checked ? "vary" : "fix", { name }),
    });
    const text = h("input", {
      type: "text",
      name: `range-${name}`,
      title: this.labels.range_hint,
      "aria-label": `${name}: ${this.labels.range_hint}`,
      onchange: (event) => this.commands.send("vary", { name, text: event.target.value }),
    });
    this.inputs[`vary-${name}`] = tick;
    this.inputs[`range-${name}`] = text;
    return h("div", { class: "fx-range" }, tick, h("label", { for: id }, name), text);
  }

  showRanges(ranges) {
    const names = ranges.map(({ name }) => name).join();
    if (names !== this.rangeNames) {
      const hint = h("p", { class: "fx-hint" }, this.labels.range_hint);
      const legend = h("legend", {}, this.labels.ranges);
      this.ranges.replaceChildren(legend, hint, ...ranges.map((one) => this.range(one)));
      this.rangeNames = names;
    }
    for (const { name, text, varied, default: given } of ranges) {
      this.inputs[`vary-${name}`].checked = varied;
      const input = this.inputs[`range-${name}`];
      input.classList.toggle("fx-fixed", !varied);
      if (input !== document.activeElement) input.value = varied ? text : given;
    }
  }

  fill(name, value) {
    const input = this.inputs[name];
    if (input !== document.activeElement && input.value !== value) input.value = value;
  }

  // --- showing ----------------------------------------------------------------------

  show() {
    const state = this.model.get("state");
    this.commands.answer(state.answers);
    for (const [name, value] of Object.entries(state.form)) this.fill(name, value);
    this.inputs.trials.parentElement.hidden = state.form.method === "grid";
    this.showRanges(state.ranges);
    this.planned.textContent = state.planned.text;
    this.planned.classList.toggle("fx-error", state.planned.fault);
    this.message.textContent = state.message;
    this.message.hidden = !state.message;
    this.start.disabled = state.running || state.planned.fault;
    this.cancel.hidden = !state.running;
    this.progress.hidden = !state.running;
    this.root.dataset.running = state.running;
    if (!state.progress) return;
    if (state.progress.fraction === null) this.bar.removeAttribute("value");
    else this.bar.value = state.progress.fraction;
    this.told.textContent = state.progress.text;
  }

  async showFound() {
    const { result, map, opened, version } = this.model.get("found");
    this.found.hidden = !result;
    if (result) {
      this.showResult(result);
      this.mapPart.hidden = !map;
      this.opened.hidden = !opened;
      if (map && (await this.map.draw(map))) this.listen();
      if (opened) await this.showOpened(opened);
    }
    this.root.dataset.drawn = version;
  }

  showResult({ partial, verdict, how, findings, axes, heads, rows }) {
    this.partial.hidden = !partial;
    this.verdict.className = `fx-verdict fx-${verdict.level}`;
    const reasons = verdict.reasons.map((text) => h("li", {}, text));
    this.verdict.replaceChildren(h("strong", {}, verdict.word), h("ul", {}, ...reasons));
    this.how.textContent = how;
    this.findings.replaceChildren(...findings.map((text) => h("li", {}, text)));
    const options = (axis) => [
      h("option", { value: "" }, `${this.labels[axis]}: ${this.labels.axis_chosen}`),
      ...axes.names.map((name) => h("option", { value: name }, name)),
    ];
    for (const [place, axis] of ["x", "y"].entries()) {
      this.axes[place].replaceChildren(...options(axis));
      this.axes[place].value = axes[axis];
      this.axes[place].hidden = axes.names.length < 3;
    }
    const open = (trial) => () => this.commands.send("open", { trial });
    const head = h("tr", {}, h("th", {}), ...heads.map((text) => h("th", { scope: "col" }, text)));
    const body = rows.map(({ trial, cells }) =>
      h(
        "tr",
        { "data-trial": String(trial) },
        h(
          "td",
          {},
          h(
            "button",
            { type: "button", class: "fx-quiet", title: this.labels.open, onclick: open(trial) },
            `#${trial}`,
          ),
        ),
        ...cells.map((text) => h("td", {}, text)),
      ),
    );
    this.table.replaceChildren(h("table", {}, h("thead", {}, head), h("tbody", {}, ...body)));
  }

  async showOpened({ trial, title, metrics, chart }) {
    const isNew = this.openedTitle.textContent !== title;
    this.openedTitle.textContent = title;
    this.metrics.replaceChildren(
      ...metrics.map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, text))),
    );
    await this.chart.draw(chart);
    this.opened.dataset.trial = trial;
    if (isNew) this.opened.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  listen() {
    if (this.mapElement.dataset.heard) return;
    this.mapElement.dataset.heard = "true";
    this.mapElement.on("plotly_click", ({ points }) => {
      const trial = [points[0].customdata].flat()[0];
      if (Number.isInteger(trial) && trial >= 0) this.commands.send("open", { trial });
    });
  }

  remove() {
    this.model.off("change:state", this.changed);
    this.model.off("change:found", this.discovered);
    this.model.off("change:wording", this.relabelled);
    this.stopWatching();
    this.map.remove();
    this.chart.remove();
  }
}

async function render({ model, el }) {
  await loadFont(model);
  const page = new OptimizerPage(model, el);
  return () => page.remove();
}

export default { render };
