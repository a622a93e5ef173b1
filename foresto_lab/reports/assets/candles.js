"use strict";
// Candles at any zoom: unpacks every bar that a chart carries, and draws of it as many
// candles as there is room for. A page and a widget share this; `column_packing.py`
// packs, and `bar_buckets.py` does the same thinning for the first view.
const ForestoCandles = (() => {
  async function bytesOf(packed) {
    const text = atob(packed.data);
    const bytes = new Uint8Array(text.length);
    for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place);
    if (!packed.gzip) return bytes;
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  // Whole numbers: differences folded to be positive, their lowest bytes first.
  async function integers(packed) {
    const bytes = await bytesOf(packed);
    const values = new Float64Array(packed.length);
    const steps = packed.length - 1;
    let value = packed.first;
    if (packed.length) values[0] = value;
    for (let place = 0; place < steps; place++) {
      let folded = 0;
      for (let plane = packed.planes - 1; plane >= 0; plane--) {
        folded = folded * 256 + bytes[plane * steps + place];
      }
      value += folded % 2 ? -(folded + 1) / 2 : folded / 2;
      values[place + 1] = value;
    }
    return values;
  }

  async function numbers(packed) {
    const values = await integers(packed);
    for (let place = 0; place < values.length; place++) values[place] *= packed.step;
    if (!packed.gaps) return values;
    const turns = await integers(packed.gaps);
    for (let turn = 0; turn < turns.length; turn += 2) {
      values.fill(NaN, turns[turn], turns[turn + 1] ?? values.length);
    }
    return values;
  }

  async function unpack(packed) {
    const steps = await integers(packed.times);
    const [close, gap, above, under] = await Promise.all(
      [packed.close, packed.gap, packed.above, packed.under].map(numbers),
    );
    const count = close.length;
    const bars = {
      times: steps.map((step) => packed.times.origin + step * packed.times.step),
      open: new Float64Array(count),
      high: new Float64Array(count),
      low: new Float64Array(count),
      close,
    };
    for (let bar = 0; bar < count; bar++) {
      bars.open[bar] = (bar ? close[bar - 1] : packed.first_open) + gap[bar];
      bars.high[bar] = Math.max(bars.open[bar], close[bar]) + above[bar];
      bars.low[bar] = Math.min(bars.open[bar], close[bar]) - under[bar];
    }
    bars.lines = await Promise.all(packed.lines.map(numbers));
    bars.marks = await Promise.all(
      packed.marks.map(async ({ bars: at, prices, returns }) => ({
        bars: await integers(at),
        prices: await numbers(prices),
        returns: await numbers(returns),
      })),
    );
    return bars;
  }

  // The first place whose value is not below the wanted one.
  function lowerBound(values, wanted) {
    let [low, high] = [0, values.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function bucketed(bars, first, last, size) {
    const count = Math.ceil((last - first) / size);
    const made = { x: new Array(count) };
    for (const name of ["open", "high", "low", "close"]) made[name] = new Float64Array(count);
    for (let bucket = 0; bucket < count; bucket++) {
      const from = first + bucket * size;
      const to = Math.min(from + size, last);
      let [high, low] = [-Infinity, Infinity];
      for (let bar = from; bar < to; bar++) {
        if (bars.high[bar] > high) high = bars.high[bar];
        if (bars.low[bar] < low) low = bars.low[bar];
      }
      made.x[bucket] = bars.times[from];
      made.open[bucket] = bars.open[from];
      made.high[bucket] = high;
      made.low[bucket] = low;
      made.close[bucket] = bars.close[to - 1];
    }
    return made;
  }

  function thinnedLine(bars, values, first, last, size) {
    const [x, y] = [[], []];
    for (let from = first; from < last; from += size) {
      const to = Math.min(from + size, last);
      let [low, high] = [-1, -1];
      for (let bar = from; bar < to; bar++) {
        if (Number.isNaN(values[bar])) continue;
        if (low < 0 || values[bar] < values[low]) low = bar;
        if (high < 0 || values[bar] > values[high]) high = bar;
      }
      if (low < 0) {
        x.push(bars.times[from]);
        y.push(null);
        continue;
      }
      for (const bar of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) {
        x.push(bars.times[bar]);
        y.push(values[bar]);
      }
    }
    return { x, y };
  }

  // Of too many markers those in one place become one, which says how many it stands for.
  function markers(bars, mark, first, last, most, template) {
    const from = lowerBound(mark.bars, first);
    const to = lowerBound(mark.bars, last);
    const slot = to - from > most ? (last - first) / most : 0;
    const made = { x: [], y: [], customdata: [], text: [] };
    let [place, counted] = [-1, 0];
    for (let index = from; index < to; index++) {
      const here = slot ? Math.floor((mark.bars[index] - first) / slot) : index;
      if (here === place) {
        counted += 1;
        made.text[made.text.length - 1] = counted;
        made.customdata[made.text.length - 1] += mark.returns[index];
        continue;
      }
      [place, counted] = [here, 1];
      made.x.push(bars.times[mark.bars[index]]);
      made.y.push(mark.prices[index]);
      made.customdata.push(mark.returns[index]);
      made.text.push(1);
    }
    made.customdata = made.customdata.map((sum, index) => sum / made.text[index]);
    return { ...made, hovertemplate: slot ? `${template} · ×%{text}` : template };
  }

  // What each trace shows between two instants, and the prices that are in view.
  function view(bars, packed, traces, start, end) {
    const from = lowerBound(bars.times, start);
    const to = Math.max(lowerBound(bars.times, end + 1), from + 1);
    const size = Math.max(1, Math.ceil((to - from) / packed.most_candles));
    const margin = Math.ceil((to - from) / 2);
    const first = Math.max(0, Math.floor((from - margin) / size) * size);
    const last = Math.min(bars.times.length, to + margin);
    const candles = bucketed(bars, first, last, size);
    let [low, high] = [Infinity, -Infinity];
    for (let bar = from; bar < Math.min(to, bars.times.length); bar++) {
      if (bars.low[bar] < low) low = bars.low[bar];
      if (bars.high[bar] > high) high = bars.high[bar];
    }
    const lines = packed.lines.length;
    const changes = traces.map((trace, place) => {
      if (place === 0) return candles;
      if (place <= lines) return thinnedLine(bars, bars.lines[place - 1], first, last, size);
      const mark = bars.marks[place - 1 - lines];
      return markers(bars, mark, first, last, packed.most_markers, trace.hovertemplate);
    });
    return { changes, low, high, size };
  }

  function instant(value) {
    if (typeof value === "number") return value;
    return Date.parse(`${value.replace(" ", "T").replace(/Z$/, "")}${value.length <= 10 ? "T00:00" : ""}Z`);
  }

  // Let a drawn chart show what its reader zooms to. Returns what draws it again.
  function follow(plotly, target, packed, traces, config) {
    let [ready, drawing] = [null, false];
    const draw = async () => {
      if (drawing) return;
      drawing = true;
      ready ??= unpack(packed);
      const bars = await ready;
      const { xaxis } = target.layout;
      const whole = xaxis.autorange !== false || !xaxis.range;
      const ends = [bars.times[0], bars.times[bars.times.length - 1]];
      const [start, end] = whole ? ends : xaxis.range.map(instant);
      const shown = view(bars, packed, traces, start, end);
      const data = traces.map((trace, place) => ({ ...trace, ...shown.changes[place] }));
      const layout = { ...target.layout, yaxis: { ...target.layout.yaxis } };
      if (whole || !Number.isFinite(shown.low)) layout.yaxis.autorange = true;
      else {
        const room = (shown.high - shown.low) * 0.05 || shown.high * 0.01;
        layout.yaxis.range = [shown.low - room, shown.high + room];
        layout.yaxis.autorange = false;
      }
      await plotly.react(target, data, layout, config);
      target.dataset.barsPerCandle = String(shown.size);
      target.dataset.zooms = String(Number(target.dataset.zooms || 0) + 1);
      drawing = false;
    };
    target.on("plotly_relayout", (changed) => {
      if (Object.keys(changed).some((name) => name.startsWith("xaxis"))) draw();
    });
    return draw;
  }

  return { unpack, view, follow };
})();
