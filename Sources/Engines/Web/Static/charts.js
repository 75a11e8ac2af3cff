import { loadScript, vendor } from "./dom.js";

const drawn = new Map();
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export async function drawCharts(root) {
  const figures = [...root.querySelectorAll("[data-chart]")];
  try { if (!window.echarts) await loadScript(vendor + "echarts.min.js"); } catch {
    for (const figure of figures) { figure.classList.add("is-plain"); figure.querySelector("details").open = true; }
    return;
  }
  for (const [canvas, chart] of drawn) if (!canvas.isConnected) { chart.dispose(); drawn.delete(canvas); }
  for (const figure of figures) seen.observe(figure);
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); draw(entry.target); }
}, { rootMargin: "200px" });
const sized = new ResizeObserver((entries) => { for (const entry of entries) drawn.get(entry.target)?.resize(); });
const redraw = () => { for (const [canvas] of drawn) draw(canvas.closest("[data-chart]")); };
document.addEventListener("jw:theme", redraw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
window.addEventListener("beforeprint", () => { for (const [, chart] of drawn) chart.resize(); });

export function draw(figure) {
  const canvas = figure.querySelector(".chart-canvas");
  const data = JSON.parse(figure.dataset.chart);
  let chart = drawn.get(canvas);
  if (!chart) {
    chart = window.echarts.init(canvas, null, { renderer: "canvas" });
    drawn.set(canvas, chart);
    sized.observe(canvas);
  }
  chart.setOption(option(data, canvas), true);
}

function option(data, canvas) {
  const text = style("--text-2"), faint = style("--text-3"), line = style("--line"), surface = style("--surface");
  const scale = parseFloat(getComputedStyle(canvas).fontSize) / 14 || 1;
  const font = Math.round(12 * scale);
  const tone = (name) => (name ? { info: style("--accent"), good: style("--good-solid"), blue: style("--blue-solid"), yellow: style("--yellow-solid"), orange: style("--orange-solid"), red: style("--red-solid"), neutral: style("--text-3"), muted: style("--line-strong") }[name] : undefined);
  const isDark = style("color-scheme") === "dark" || surface.startsWith("#1");
  const palette = isDark ? ["#2fb8a0", "#5a9fe8", "#b59be6", "#7fc8dc", "#e39bb5", "#94b86a", "#8fa3b8", "#d6b98a"] : ["#0f766e", "#2f6fb5", "#7a5fb0", "#3fa3b5", "#b5567a", "#6d8f3c", "#6b7f93", "#a8875a"];
  const base = {
    color: palette, animationDuration: 350, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: font, color: text },
    tooltip: { trigger: "axis", renderMode: "richText", confine: true, backgroundColor: surface, borderColor: line, textStyle: { color: style("--text"), fontSize: font }, valueFormatter: (v) => (v == null ? "—" : Number(v).toLocaleString() + (data.unit ? " " + data.unit : "")) },
    legend: data.series.length > 1 ? { type: "scroll", top: 0, right: 0, icon: "roundRect", itemWidth: 10 * scale, itemHeight: 8 * scale, textStyle: { color: text, fontSize: font }, pageTextStyle: { color: text } } : undefined,
    grid: { left: 4, right: 12 * scale, top: (data.series.length > 1 ? 34 : data.unit ? 26 : 12) * scale, bottom: 2, containLabel: true },
  };
  const names = { type: "category", data: data.categories, axisLine: { lineStyle: { color: style("--line-strong") } }, axisTick: { show: false }, axisLabel: { color: faint, fontSize: font, hideOverlap: true } };
  const values = { type: "value", name: data.unit, nameTextStyle: { color: faint, fontSize: font, align: "left" }, splitLine: { lineStyle: { color: line, type: [3, 3] } }, axisLabel: { color: faint, fontSize: font, formatter: short }, minInterval: data.series.every((s) => s.values.every((v) => v == null || Number.isInteger(v))) ? 1 : 0 };
  const one = (series, extra) => ({ name: series.name, data: series.values, ...(tone(series.tone) ? { itemStyle: { color: tone(series.tone), ...extra.itemStyle } } : {}), ...extra, ...(tone(series.tone) ? { itemStyle: { ...extra.itemStyle, color: tone(series.tone) } } : {}) });
  switch (data.kind) {
    case "line":
    case "area":
      return { ...base, grid: { ...base.grid, right: 24 * scale }, xAxis: { ...names, boundaryGap: false }, yAxis: values, series: data.series.map((s) => one(s, { type: "line", smooth: s.values.length < 400 ? .25 : false, showSymbol: data.categories.length < 16 || stands(s.values), symbolSize: (stands(s.values) ? 7 : 5) * scale, lineStyle: { width: (s.tone ? 1.5 : 2) * scale, type: s.tone === "muted" || level(s.values) ? "dashed" : "solid" }, connectNulls: false, ...(data.kind === "area" ? { areaStyle: { opacity: .14 } } : {}) })) };
    case "bar":
    case "stackedBar":
      return { ...base, tooltip: { ...base.tooltip, axisPointer: { type: "shadow", shadowStyle: { opacity: .06 } } }, xAxis: names, yAxis: values, series: data.series.map((s, i) => one(s, { type: "bar", stack: data.kind === "stackedBar" ? "all" : undefined, barMaxWidth: 26 * scale, itemStyle: { borderRadius: data.kind === "bar" || i === data.series.length - 1 ? [3, 3, 0, 0] : 0 } })) };
    case "horizontalBar":
      return { ...base, grid: { ...base.grid, right: 40 * scale, top: (data.series.length > 1 ? 30 : 4) * scale }, tooltip: { ...base.tooltip, axisPointer: { type: "shadow", shadowStyle: { opacity: .06 } } }, xAxis: { ...values, name: "" , axisLabel: { show: false }, splitLine: { show: false } }, yAxis: { ...names, inverse: true, axisLine: { show: false }, axisLabel: { ...names.axisLabel, color: text } }, series: data.series.map((s) => one(s, { type: "bar", barMaxWidth: 14 * scale, itemStyle: { borderRadius: [0, 3, 3, 0] }, label: { show: data.series.length === 1, position: "right", color: text, fontSize: font, formatter: (p) => Number(p.value).toLocaleString() } })) };
    case "pie":
    case "ring": {
      const outer = Math.min(canvas.clientHeight * .42, canvas.clientWidth * .29), middle = outer + 6 * scale;
      const total = data.series[0].values.reduce((a, b) => a + (b ?? 0), 0);
      return { ...base, tooltip: { ...base.tooltip, trigger: "item" }, legend: { type: "scroll", orient: "vertical", right: 4, top: "middle", icon: "circle", itemWidth: 8 * scale, itemHeight: 8 * scale, itemGap: 9 * scale, textStyle: { color: text, fontSize: font },
        formatter: (name) => { const value = data.series[0].values[data.categories.indexOf(name)] ?? 0; return `${name}  ${total ? Math.round(value / total * 1000) / 10 : 0}%`; } },
        title: data.kind === "ring" ? { text: total.toLocaleString(), subtext: data.unit || "", left: middle - 1, top: "middle", textAlign: "center", itemGap: 2, textStyle: { color: style("--text"), fontSize: 22 * scale }, subtextStyle: { color: faint, fontSize: font } } : undefined,
        series: [{ type: "pie", radius: data.kind === "ring" ? [outer * .7, outer] : outer, center: [middle, "50%"], label: { show: false }, itemStyle: { borderColor: surface, borderWidth: 2 }, data: data.categories.map((name, i) => ({ name, value: data.series[0].values[i] })) }] };
    }
    case "radar": {
      const most = data.categories.map((_, i) => Math.max(1, ...data.series.map((s) => s.values[i] ?? 0)) * 1.1);
      return { ...base, tooltip: { ...base.tooltip, trigger: "item" }, grid: undefined, radar: { center: ["50%", "54%"], radius: "66%", axisName: { color: text, fontSize: font }, splitLine: { lineStyle: { color: line } }, splitArea: { show: false }, axisLine: { lineStyle: { color: line } }, indicator: data.categories.map((name, i) => ({ name, max: most[i] })) },
        series: [{ type: "radar", symbolSize: 4 * scale, areaStyle: { opacity: .12 }, data: data.series.map((s) => ({ name: s.name, value: s.values.map((v) => v ?? 0) })) }] };
    }
    case "calendar": {
      const days = data.categories.map((name, i) => [name, data.series[0].values[i]]).filter(([name, value]) => /^\d{4}-\d{2}-\d{2}$/.test(name) && value != null);
      if (!days.length) return option({ ...data, kind: "bar" }, canvas);
      const names = days.map((d) => d[0]).sort(), most = Math.max(1, ...days.map((d) => d[1]));
      return { ...base, legend: undefined, grid: undefined, tooltip: { ...base.tooltip, trigger: "item", formatter: (p) => `${p.value[0]}：${Number(p.value[1]).toLocaleString()} ${data.unit || ""}` },
        calendar: { range: [names[0], names[names.length - 1]], left: 44 * scale, right: 8, top: 26 * scale, bottom: 6, cellSize: ["auto", "auto"], itemStyle: { color: "transparent", borderColor: line, borderWidth: 1 }, splitLine: { lineStyle: { color: style("--line-strong") } }, yearLabel: { show: false }, monthLabel: { nameMap: "ZH", color: faint, fontSize: font }, dayLabel: { firstDay: 1, nameMap: "ZH", color: faint, fontSize: font } },
        visualMap: { show: false, min: 0, max: most, inRange: { color: isDark ? ["#16283a", "#1c5f62", "#2fb8a0"] : ["#eef4f4", "#8fc9c0", "#0f766e"] } }, series: [{ type: "heatmap", coordinateSystem: "calendar", data: days }] };
    }
    case "heat": {
      const cells = data.series.flatMap((s, y) => s.values.map((v, x) => [x, y, v ?? "-"]));
      const most = Math.max(1, ...cells.map((c) => (c[2] === "-" ? 0 : c[2])));
      return { ...base, legend: undefined, tooltip: { ...base.tooltip, trigger: "item", formatter: (p) => `${data.series[p.value[1]].name} ${data.categories[p.value[0]]}：${p.value[2]} ${data.unit}` }, grid: { ...base.grid, top: 4, bottom: 2 }, xAxis: { ...names, splitArea: { show: false } }, yAxis: { ...names, data: data.series.map((s) => s.name), inverse: true, axisLine: { show: false } },
        visualMap: { show: false, min: 0, max: most, inRange: { color: isDark ? ["#16283a", "#1c5f62", "#2fb8a0"] : ["#eef4f4", "#8fc9c0", "#0f766e"] } }, series: [{ type: "heatmap", data: cells, itemStyle: { borderColor: surface, borderWidth: 1.5, borderRadius: 2 } }] };
    }
  }
}

/** Single values between gaps, which no line would show. */
function stands(values) {
  const known = values.filter((v) => v != null).length;
  return known > 0 && known < values.length / 2 && values.every((v, i) => v == null || (values[i - 1] == null && values[i + 1] == null));
}

/** The same all the way: a limit. */
function level(values) { return values.length > 15 && values.every((v) => v != null && v === values[0]); }

function short(value) {
  if (Math.abs(value) >= 1e8) return value / 1e8 + "亿";
  if (Math.abs(value) >= 1e4) return value / 1e4 + "万";
  return value.toLocaleString();
}
