// The portfolio builder's page: a pure function of the kernel's `state`.
//
// Every key is one command to the kernel and comes back as one state. While one is on
// its way, later ones wait, and of several changes to a field only the last is sent.

class BuilderPage {
  constructor(model, element) {
    this.model = model;
    this.element = element;
    this.commands = new Commands(model);
    this.build();
    this.stopWatching = watchTheme(() => this.changeTheme());
    this.changed = () => this.show();
    this.relabelled = () => this.rebuild();
    model.on("change:state", this.changed);
    model.on("change:wording", this.relabelled);
    this.show();
  }

  build() {
    const { labels, options } = this.model.get("wording");
    this.labels = labels;
    this.options = options;
    this.inputs = {};
    this.rows = [];
    this.symbols = `fp-symbols-${Math.random().toString(36).slice(2)}`;
    this.badge = h("span", { class: "fx-badge", title: labels.simulated_hint });
    this.badge.textContent = labels.simulated;
    this.undo = this.quiet("undo", "↶", () => this.commands.send("undo"));
    this.redo = this.quiet("redo", "↷", () => this.commands.send("redo"));
    const other = labels.language === "ko" ? "en" : "ko";
    const language = this.quiet("other_language", labels.other_language, () =>
      this.commands.send("language", { language: other }),
    );
    this.message = h("div", { class: "fx-message", role: "alert" });
    this.faults = h("ul", { class: "fp-faults", "aria-live": "polite" });
    this.hints = h("ul", { class: "fx-notes" });
    this.saved = h("div", { class: "fx-status", role: "status" });
    this.chart = h("div", { class: "fx-plot", role: "img", "aria-label": labels.chart });
    this.table = h("div", { class: "fx-table", tabindex: "0", role: "region" });
    this.table.setAttribute("aria-label", labels.summary);
    this.timing = h("p", { class: "fx-timing" });
    this.root = h(
      "div",
      { class: "foresto-explorer fp-builder", lang: labels.language },
      h("header", {}, h("h2", {}, labels.title), this.badge,
        h("span", { class: "fx-space" }), this.undo, this.redo, language),
      h("div", { class: "fx-body" },
        h("aside", {}, this.form(), this.actions(), this.saved),
        h("section", {}, this.message, this.holdings(), this.faults, this.hints,
          this.chart, this.table, this.timing)),
    );
    this.element.replaceChildren(this.root);
    this.paint();
    this.plot = new Plot(this.model, this.chart, this.model.get("palettes"));
  }

  rebuild() {
    this.plot.remove();
    this.build();
    this.show();
  }

  quiet(name, text, onclick) {
    const title = this.labels[name];
    const details = { type: "button", class: "fx-quiet", title, "aria-label": title };
    return h("button", { ...details, onclick }, text);
  }

  // --- the form beside ------------------------------------------------------------

  form() {
    const text = (name, details = {}) => {
      const oninput = (event) => this.set(name, event.target.value);
      const given = { type: "text", spellcheck: "false", ...details, oninput };
      return this.field(name, h("input", given));
    };
    const select = (name, options, onchange) =>
      this.field(name, h("select", { onchange }, ...options.map(option)));
    const load = (event) => {
      if (event.target.value) this.commands.send("load", { name: event.target.value });
    };
    const change = (name) => (event) => this.set(name, event.target.value);
    return h(
      "form",
      { class: "fx-controls", onsubmit: (event) => event.preventDefault() },
      h("fieldset", {},
        select("stored", [], load),
        text("name"),
        text("description"),
        select("method", this.options.method, change("method")),
        text("lookback", { inputmode: "numeric" }),
        text("uninvested", { inputmode: "decimal" }),
        select("rule", [], change("rule"))),
    );
  }

  field(name, input) {
    const id = `fp-${name}-${Math.random().toString(36).slice(2)}`;
    input.id = id;
    input.name = name;
    this.inputs[name] = input;
    const field = h("div", { class: "fx-field fx-wide" });
    field.append(h("label", { for: id }, this.labels[name]), input);
    return field;
  }

  set(name, value) {
    this.commands.send("set", { changes: { [name]: value } });
  }

  actions() {
    const action = (name, onclick) =>
      h("button", { type: "button", class: `fx-action fp-${name}`, onclick }, this.labels[name]);
    this.save = action("save", () => this.commands.send("save"));
    this.copy = action("copy_code", () => this.copyCode());
    return h("div", { class: "fx-actions" }, this.save, this.copy);
  }

  async copyCode() {
    await copyText(this.model.get("state").code, this.root);
    this.copy.textContent = this.labels.copied;
    setTimeout(() => (this.copy.textContent = this.labels.copy_code), 1500);
  }

  // --- instruments ----------------------------------------------------------------

  holdings() {
    const list = h("datalist", { id: this.symbols });
    const known = ([value, text]) => h("option", { value, label: `${text}` });
    list.append(...this.options.symbols.map(known));
    this.body = h("tbody");
    this.total = h("td", { class: "fp-total" });
    const head = ["symbol", "asset_class", "percent"].map((name) =>
      h("th", { scope: "col" }, this.labels[name]),
    );
    const foot = h("tr", {}, h("th", { scope: "row", colspan: "2" }, this.labels.total),
      this.total, h("td"), h("td"));
    const button = (name) =>
      h("button", { type: "button", onclick: () => this.commands.send(name) }, this.labels[name]);
    return h(
      "div",
      { class: "fp-holdings" },
      list,
      h("table", { "aria-label": this.labels.instruments },
        h("thead", {}, h("tr", {}, ...head, h("td"), h("td"))),
        this.body,
        h("tfoot", {}, foot)),
      h("div", { class: "fp-buttons" }, button("add_row"), button("spread")),
    );
  }

  row(index) {
    const change = (name) => (event) => this.set(`row.${index}.${name}`, event.target.value);
    const said = (name) => `${this.labels[name]} ${index + 1}`;
    const symbol = h("input", {
      type: "text", spellcheck: "false", name: `symbol-${index}`, oninput: change("symbol"),
    });
    symbol.setAttribute("list", this.symbols);
    symbol.setAttribute("aria-label", said("symbol"));
    const classes = this.options.asset_class.map(option);
    const asset = h("select", { name: `class-${index}`, onchange: change("asset_class") }, ...classes);
    asset.setAttribute("aria-label", said("asset_class"));
    const percent = h("input", {
      type: "text", inputmode: "decimal", name: `percent-${index}`, oninput: change("percent"),
    });
    percent.setAttribute("aria-label", said("percent"));
    const title = `${this.labels.remove} ${index + 1}`;
    const remove = h(
      "button",
      {
        type: "button", class: "fx-remove", title, "aria-label": title,
        onclick: () => this.commands.send("remove_row", { index }),
      },
      "×",
    );
    const note = h("td", { class: "fp-note" });
    const element = h("tr", {}, h("td", {}, symbol), h("td", {}, asset), h("td", {}, percent),
      h("td", {}, remove), note);
    return { element, symbol, asset_class: asset, percent, note };
  }

  showRows(state) {
    if (this.rows.length !== state.rows.length) {
      this.rows = state.rows.map((_, index) => this.row(index));
      this.body.replaceChildren(...this.rows.map((row) => row.element));
    }
    state.rows.forEach((given, index) => {
      const row = this.rows[index];
      for (const name of ["symbol", "asset_class", "percent"]) fill(row[name], given[name]);
      row.percent.disabled = state.computed;
      row.note.textContent = given.fault || given.title;
      row.note.classList.toggle("fp-fault", Boolean(given.fault));
      row.symbol.setAttribute("aria-invalid", String(Boolean(given.fault)));
    });
  }

  // --- showing --------------------------------------------------------------------

  async show() {
    const state = this.model.get("state");
    const since = this.commands.answer(state.answers);
    choices(this.inputs.rule, state.rules);
    choices(this.inputs.stored, state.stored);
    for (const [name, value] of Object.entries(state.form)) fill(this.inputs[name], value);
    this.inputs.lookback.closest(".fx-field").hidden =
      !state.computed || state.form.method === "EQUAL_WEIGHT";
    this.showRows(state);
    this.total.textContent = state.total;
    this.total.classList.toggle("fp-fault", state.faults.length > 0);
    this.badge.hidden = !state.simulated;
    this.undo.disabled = !state.can_undo;
    this.redo.disabled = !state.can_redo;
    this.save.disabled = this.copy.disabled = !state.ready;
    this.message.textContent = state.message;
    this.message.hidden = !state.message;
    this.saved.textContent = state.saved;
    const line = (text) => h("li", {}, text);
    this.faults.replaceChildren(...state.faults.map(line));
    this.hints.replaceChildren(...state.hints.map(line));
    this.chart.hidden = this.table.hidden = !state.chart.data.length;
    this.table.replaceChildren(measures(state.table));
    if (this.chart.hidden || (await this.plot.draw(state.chart))) this.noteTime(state, since);
  }

  noteTime(state, since) {
    if (since !== null) {
      const elapsed = Math.round(performance.now() - since);
      this.root.dataset.redrawMs = elapsed;
      this.timing.textContent = state.timing.replace("{redraw}", elapsed);
    }
    this.root.dataset.drawn = state.version;
  }

  paint() {
    const palette = this.model.get("palettes")[pageTheme()];
    for (const [name, colour] of Object.entries(palette)) {
      if (typeof colour === "string") this.root.style.setProperty(`--fx-${name}`, colour);
    }
  }

  changeTheme() {
    this.paint();
    this.plot.redraw();
  }

  remove() {
    this.model.off("change:state", this.changed);
    this.model.off("change:wording", this.relabelled);
    this.stopWatching();
    this.plot.remove();
  }
}

function option([value, text]) {
  return h("option", { value }, text);
}

// A select's choices are made anew only when they are others.
function choices(select, given) {
  const key = JSON.stringify(given);
  if (select.dataset.choices === key) return;
  const value = select.value;
  select.replaceChildren(...given.map(option));
  select.dataset.choices = key;
  select.value = value;
}

// What is being typed stays as it is: its state comes back later than the next key.
function fill(input, value) {
  const isTyped = input.type === "text" && input === input.getRootNode().activeElement;
  if (!isTyped && input.value !== value) input.value = value;
}

function measures({ rows }) {
  const row = ({ label, cells }) =>
    h("tr", {}, h("th", { scope: "row" }, label), ...cells.map(({ text }) => h("td", {}, text)));
  return h("table", {}, h("tbody", {}, ...rows.map(row)));
}

async function render({ model, el }) {
  await loadFont(model);
  const page = new BuilderPage(model, el);
  return () => page.remove();
}

export default { render };
