// The scenario explorer's page: a pure function of the kernel's `state`.
//
// Every change is one command to the kernel and comes back as one state. While one is on
// its way, later ones wait, and of several changes to a field only the last is sent.

const RULE_FIELDS = {
  NONE: [],
  PERIODIC: ["frequency", "base_day"],
  DRIFT: ["threshold", "relative", "to"],
  HYBRID: ["mode", "frequency", "base_day", "threshold", "relative", "to"],
};
const YEARS = [1, 3, 5, 10, 0];

// --- controls ---------------------------------------------------------------------

class Controls {
  constructor(labels, options, commands) {
    this.labels = labels;
    this.options = options;
    this.commands = commands;
    this.slides = 0;
    this.inputs = {};
    this.fields = {};
    this.element = this.build();
  }

  build() {
    const form = h(
      "form",
      { class: "fx-controls", onsubmit: (event) => event.preventDefault() },
      this.group(null, this.wide(this.select("scenario"))),
      this.group(
        this.labels.rule,
        this.wide(this.select("stored")),
        this.select("kind"),
        this.select("mode"),
        this.select("frequency"),
        this.select("base_day"),
        this.percent("threshold", 0.5, 25, 0.5),
        this.toggle("relative"),
        this.select("to"),
        this.percent("cost_rate", 0, 1, 0.01),
        this.wide(this.select("costs")),
      ),
      this.group(
        this.labels.period,
        this.date("start"),
        this.date("end"),
        this.years(),
        this.amount("initial_amount"),
        this.text("cash_flow", this.labels.cash_flow_hint),
      ),
    );
    return form;
  }

  group(title, ...fields) {
    const legend = title ? h("legend", {}, title) : null;
    return h("fieldset", {}, legend, ...fields);
  }

  field(name, ...inputs) {
    const id = `fx-${name}-${Math.random().toString(36).slice(2)}`;
    inputs[0].id = id;
    inputs[0].name = name;
    const label = h("label", { for: id }, this.labels[name]);
    this.inputs[name] = inputs;
    this.fields[name] = h("div", { class: "fx-field" }, label, ...inputs);
    return this.fields[name];
  }

  wide(field) {
    field.classList.add("fx-wide");
    return field;
  }

  // Changes of one gesture, a slide's for instance, are undone as one.
  change(name, value, gesture = null) {
    this.commands.send("set", { changes: { [name]: value }, gesture });
  }

  select(name) {
    const options = this.options[name].map(([value, text]) => h("option", { value }, text));
    const onchange = (event) => this.change(name, event.target.value);
    return this.field(name, h("select", { onchange }, ...options));
  }

  date(name) {
    const onchange = (event) => this.change(name, event.target.value);
    return this.field(name, h("input", { type: "date", onchange }));
  }

  amount(name) {
    const onchange = (event) => this.change(name, event.target.value);
    return this.field(name, h("input", { type: "text", inputmode: "decimal", onchange }));
  }

  text(name, hint) {
    const onchange = (event) => this.change(name, event.target.value);
    const details = { type: "text", spellcheck: "false", placeholder: hint, title: hint };
    return this.field(name, h("input", { ...details, onchange }));
  }

  toggle(name) {
    const onchange = (event) => this.change(name, event.target.checked);
    const field = this.field(name, h("input", { type: "checkbox", onchange }));
    field.classList.add("fx-toggle");
    return field;
  }

  // A number in percent with a slider beside it; the slider redraws while it moves.
  percent(name, min, max, step) {
    const onchange = (event) => this.change(name, event.target.value);
    const number = h("input", { type: "text", inputmode: "decimal", onchange });
    const slide = (event) => {
      number.value = event.target.value;
      this.change(name, event.target.value, `${name}-${this.slides}`);
    };
    const slider = h("input", {
      type: "range",
      min: String(min),
      max: String(max),
      step: String(step),
      oninput: slide,
      onchange: () => (this.slides += 1),
      "aria-label": this.labels[name],
    });
    const field = this.field(name, number, h("span", { class: "fx-unit" }, "%"), slider);
    field.classList.add("fx-percent");
    return field;
  }

  years() {
    const button = (years) => {
      const text = years ? `${years}${this.labels.years}` : this.labels.all;
      const onclick = () => this.commands.send("last_years", { years });
      return h("button", { type: "button", onclick }, text);
    };
    const label = { role: "group", "aria-label": this.labels.period };
    return h("div", { class: "fx-years", ...label }, ...YEARS.map(button));
  }

  show(form, bounds) {
    for (const [name, inputs] of Object.entries(this.inputs)) {
      for (const input of inputs) this.fill(input, form[name]);
    }
    const shown = RULE_FIELDS[form.kind];
    for (const name of RULE_FIELDS.HYBRID) {
      this.fields[name].hidden = !shown.includes(name);
    }
    this.fields.cost_rate.hidden = form.kind === "NONE" || form.costs !== "";
    for (const name of ["start", "end"]) {
      [this.inputs[name][0].min, this.inputs[name][0].max] = bounds;
    }
  }

  fill(input, value) {
    if (input.type === "checkbox") input.checked = value;
    else if (input.tagName !== "SPAN" && input.value !== value) input.value = value;
  }
}

// --- results ----------------------------------------------------------------------

function chips(state, labels, commands) {
  const chip = ({ label, message }, index) => {
    const select = h(
      "button",
      {
        type: "button",
        class: "fx-chip",
        "aria-pressed": String(index === state.active),
        title: message || label,
        onclick: () => commands.send("select", { index }),
      },
      h("span", { class: "fx-swatch", style: `background: var(--fx-setting-${index})` }),
      message ? `⚠ ${label}` : label,
    );
    const removal = {
      type: "button",
      class: "fx-remove",
      "aria-label": `${labels.remove}: ${label}`,
      title: labels.remove,
      onclick: () => commands.send("remove", { index }),
    };
    const alone = state.settings.length === 1;
    return h("li", {}, select, alone ? null : h("button", removal, "×"));
  };
  const full = state.settings.length >= state.most;
  const add = h(
    "button",
    {
      type: "button",
      class: "fx-add",
      disabled: full,
      title: full ? labels.compare_full : labels.compare_hint,
      onclick: () => commands.send("add"),
    },
    `+ ${labels.compare}`,
  );
  return [...state.settings.map(chip), h("li", {}, add)];
}

function summaryTable({ columns, rows }) {
  const head = columns.map((text, index) => {
    const swatch = { class: "fx-swatch", style: `background: var(--fx-setting-${index})` };
    return h("th", { scope: "col" }, h("span", swatch), text);
  });
  const cell = ({ text, best, title }) => {
    const mark = best ? h("abbr", { class: "fx-best", title }, "★") : null;
    return h("td", best ? { class: "fx-is-best" } : {}, mark, text);
  };
  const row = ({ label, cells }) =>
    h("tr", {}, h("th", { scope: "row" }, label), ...cells.map(cell));
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, h("td"), ...head)),
    h("tbody", {}, ...rows.map(row)),
  );
}

function eventTable({ columns, rows }) {
  const row = (cells) => h("tr", {}, ...cells.map((text) => h("td", {}, text)));
  const head = columns.map((text) => h("th", { scope: "col" }, text));
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, ...head)),
    h("tbody", {}, ...rows.map(row)),
  );
}

// --- the page ---------------------------------------------------------------------

class Page {
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
    this.controls = new Controls(labels, options, this.commands);
    this.badge = h("span", { class: "fx-badge", title: labels.simulated_hint });
    this.badge.textContent = labels.simulated;
    this.undo = this.button("undo", "↶", () => this.commands.send("undo"));
    this.redo = this.button("redo", "↷", () => this.commands.send("redo"));
    const other = labels.language === "ko" ? "en" : "ko";
    const language = this.button("other_language", labels.other_language, () =>
      this.commands.send("language", { language: other }),
    );
    this.chips = h("ul", { class: "fx-chips", "aria-label": labels.settings });
    this.views = ["history", "forward"].map((view) =>
      h("button", { type: "button", class: "fx-view", "data-view": view,
        onclick: () => this.commands.send("view", { view }) }, labels[view]));
    this.message = h("div", { class: "fx-message", role: "alert" });
    this.notes = h("ul", { class: "fx-notes" });
    this.chart = h("div", { class: "fx-plot", role: "img", "aria-label": labels.chart });
    this.table = h("div", { class: "fx-table", tabindex: "0", role: "region" });
    this.table.setAttribute("aria-label", labels.summary);
    this.eventCount = h("summary");
    this.events = h("div", { class: "fx-table", tabindex: "0" });
    this.timing = h("p", { class: "fx-timing" });
    this.status = h("div", { class: "fx-status", role: "status" });
    this.root = h(
      "div",
      { class: "foresto-explorer", lang: labels.language },
      h(
        "header",
        {},
        h("h2", {}, labels.title),
        this.badge,
        h("span", { class: "fx-space" }),
        this.undo,
        this.redo,
        language,
      ),
      h(
        "div",
        { class: "fx-body" },
        h("aside", {}, this.controls.element, this.actions(), this.status),
        h(
          "section",
          {},
          h("div", { class: "fx-views", role: "group", "aria-label": labels.parts },
            ...this.views),
          this.chips,
          this.message,
          this.notes,
          this.chart,
          this.table,
          h("details", { class: "fx-events" }, this.eventCount, this.events),
          this.timing,
        ),
      ),
    );
    this.root.addEventListener("keydown", (event) => this.press(event));
    this.element.replaceChildren(this.root);
    this.paint();
    this.plot = new Plot(this.model, this.chart, this.model.get("palettes"));
  }

  rebuild() {
    this.plot.remove();
    this.build();
    this.show();
  }

  button(name, text, onclick) {
    const title = this.labels[name];
    const quiet = { type: "button", class: "fx-quiet", title, "aria-label": title };
    return h("button", { ...quiet, onclick }, text);
  }

  actions() {
    const action = (name, onclick) =>
      h("button", { type: "button", class: `fx-action fx-${name}`, onclick }, this.labels[name]);
    this.save = action("save_run", () => this.commands.send("save"));
    this.report = action("make_report", () => this.commands.send("report"));
    this.copy = action("copy_code", () => this.copyCode());
    return h("div", { class: "fx-actions" }, this.save, this.report, this.copy);
  }

  // Outside a form that can be submitted, Enter alone does not end a text.
  press(event) {
    const isText = event.target.matches("input[type=text]");
    if (event.key === "Enter" && isText) {
      event.target.blur();
      event.target.focus();
    }
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    if (isText) return;
    event.preventDefault();
    this.commands.send(event.shiftKey ? "redo" : "undo");
  }

  async copyCode() {
    const { code } = this.model.get("state");
    await copyText(code, this.root);
    this.copy.textContent = this.labels.copied;
    setTimeout(() => (this.copy.textContent = this.labels.copy_code), 1500);
  }

  async show() {
    const state = this.model.get("state");
    const since = this.commands.answer(state.answers);
    if (since !== null) this.root.dataset.answerMs = Math.round(performance.now() - since);
    this.controls.show(state.form, state.bounds);
    this.badge.hidden = !state.simulated;
    this.undo.disabled = !state.can_undo;
    this.redo.disabled = !state.can_redo;
    this.showChips(state);
    for (const button of this.views) {
      button.setAttribute("aria-pressed", String(button.dataset.view === state.view));
    }
    this.message.textContent = state.message;
    this.message.hidden = !state.message;
    this.notes.replaceChildren(...state.notes.map((note) => h("li", {}, note)));
    this.table.replaceChildren(summaryTable(state.table));
    this.eventCount.textContent = state.events.title;
    this.events.replaceChildren(eventTable(state.events));
    this.save.disabled = this.report.disabled = Boolean(state.message);
    this.showReport(state);
    const drawn = await this.plot.draw(state.chart);
    if (drawn) this.noteTime(state, since);
  }

  // The chips are made anew; who was on one of them stays there, or on the last.
  showChips(state) {
    const buttons = () => [...this.chips.querySelectorAll("button:enabled")];
    const place = buttons().indexOf(document.activeElement);
    this.chips.replaceChildren(...chips(state, this.labels, this.commands));
    if (place >= 0) buttons()[Math.min(place, buttons().length - 1)].focus();
  }

  showReport({ status, reporting }) {
    this.report.disabled ||= reporting;
    this.status.classList.toggle("fx-busy", reporting);
    const line = ({ text, paths, error }) =>
      h("p", error ? { class: "fx-error" } : {}, paths ? fileLink(text, paths) : text);
    this.status.replaceChildren(...status.map(line));
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

// A link to a file of the kernel's machine, where the Jupyter server serves it; else its
// path. The server writes its root with ~ for the home, so the path comes both ways.
function fileLink(text, paths) {
  const config = document.getElementById("jupyter-config-data");
  const { serverRoot = "", baseUrl = "/" } = config ? JSON.parse(config.textContent) : {};
  const root = `${serverRoot}/`;
  const path = serverRoot && paths.find((candidate) => candidate.startsWith(root));
  if (!path) return `${text}: ${paths[0]}`;
  const href = `${baseUrl}files${encodeURI(path.slice(serverRoot.length))}`;
  return h("a", { href, target: "_blank", title: paths[0] }, text);
}

async function render({ model, el }) {
  await loadFont(model);
  const page = new Page(model, el);
  return () => page.remove();
}

export default { render };
