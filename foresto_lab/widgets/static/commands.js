// What the explorers' pages share: elements, commands to the kernel, the clipboard.

// JupyterLab looks at the focused element itself for leave to take its keys.
const KEPT_KEYS = "data-lm-suppress-shortcuts";

function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  element.setAttribute(KEPT_KEYS, "true");
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

// --- commands ---------------------------------------------------------------------

class Commands {
  constructor(model) {
    this.model = model;
    this.waiting = [];
    this.sent = 0;
    this.answered = 0;
    this.changedAt = new Map();
  }

  send(command, details = {}) {
    const last = this.waiting.at(-1);
    if (command === "set" && last?.command === "set" && details.gesture === last.gesture) {
      Object.assign(last.changes, details.changes);
    } else {
      this.waiting.push({ command, ...details, since: performance.now() });
    }
    this.flush();
  }

  flush() {
    if (this.sent > this.answered || !this.waiting.length) return;
    const { since, ...message } = this.waiting.shift();
    this.sent += 1;
    this.changedAt.set(this.sent, since);
    this.model.send({ ...message, id: this.sent });
  }

  // Take note of the state that answers a command; return when its change was made.
  answer(id) {
    const since = this.changedAt.get(id);
    if (since === undefined) return null;
    this.changedAt.delete(id);
    this.answered = id;
    this.flush();
    return since;
  }
}

// A page that is not served over https has no clipboard API: select and copy instead.
async function copyText(text, parent) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = h("textarea", { class: "fx-offscreen" });
  area.value = text;
  parent.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
