/** Plots as SVG text: time on the x axis in half hours of the day, or any numbers. No scripts, no fonts of its own. */

export interface Series {
  readonly name: string;
  /** A class of the page's style sheet: it gives the colour, in light and in dark. */
  readonly style: string;
  readonly values: readonly number[];
}

interface Frame {
  readonly title: string;
  /** Below the x axis; as many as there are values, '' for none. */
  readonly labels: readonly string[];
  /** Top of the y axis; missing: a round number above the highest value. */
  readonly top?: number;
  readonly unit?: string;
}

const size = { width: 640, height: 250 };
const area = { left: 46, right: 18, top: 12, bottom: 26 };
const inner = { width: size.width - area.left - area.right, height: size.height - area.top - area.bottom };

export const escaped = (text: string) =>
  text.replace(/[&<>"']/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[sign] ?? sign);

/** 1, 2, 2.5 or 5 times a power of ten, four of which reach `value`. */
function step(value: number): number {
  const rough = Math.max(value, 1e-9) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
}

const round = (value: number) => Number(value.toFixed(1));

interface Scale {
  readonly top: number;
  x(index: number): number;
  y(value: number): number;
  readonly slot: number;
}

function scaleOf({ labels, top }: Frame, highest: number): Scale {
  const limit = top ?? Math.max(1, Math.ceil(highest / step(highest)) * step(highest));
  const slot = inner.width / Math.max(1, labels.length);
  return {
    top: limit,
    slot,
    x: (index) => round(area.left + index * slot),
    y: (value) => round(area.top + inner.height * (1 - Math.min(value, limit) / limit)),
  };
}

function figure(frame: Frame, series: readonly Series[], scale: Scale, marks: string): string {
  const { title, labels, unit = '' } = frame;
  const every = step(scale.top);
  const lines = Array.from({ length: Math.round(scale.top / every) + 1 }, (_, index) => {
    const value = index * every;
    const y = scale.y(value);
    const text = `<text x="${area.left - 6}" y="${y + 4}" class="tick end">${round(value)}${unit}</text>`;
    return `<line x1="${area.left}" y1="${y}" x2="${size.width - area.right}" y2="${y}" class="grid"/>${text}`;
  });
  const below = labels.map((label, index) =>
    label === '' ? '' : `<text x="${scale.x(index)}" y="${size.height - 8}" class="tick">${escaped(label)}</text>`,
  );
  const legend = series
    .filter(({ name }) => name !== '')
    .map(({ name, style }) => `<span><i class="${style}"></i>${escaped(name)}</span>`)
    .join('');
  return `<figure><figcaption><b>${escaped(title)}</b>${legend}</figcaption>
<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escaped(title)}">${lines.join('')}${below.join('')}${marks}</svg></figure>`;
}

/** One bar an x value, the series on top of each other. */
export function stackedBars(frame: Frame, series: readonly Series[]): string {
  const heights = frame.labels.map((_, index) => series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0));
  const scale = scaleOf(frame, Math.max(...heights, 0));
  const bars = frame.labels.flatMap((_, index) => {
    let base = 0;
    return series.map(({ name, style, values }) => {
      const value = values[index] ?? 0;
      const [y, bottom] = [scale.y(base + value), scale.y(base)];
      base += value;
      if (value === 0) return '';
      const [x, width, height] = [round(scale.x(index) + 1), round(scale.slot - 2), round(bottom - y)];
      return `<rect x="${x}" y="${y}" width="${width}" height="${height}" class="${style}"><title>${escaped(name)}: ${round(value)}</title></rect>`;
    });
  });
  return figure(frame, series, scale, bars.join(''));
}

/** Lines; a series whose style ends in `area` is filled below, one whose style ends in `steps` has no slopes. NaN: a gap. */
export function lines(frame: Frame, series: readonly Series[]): string {
  const scale = scaleOf(frame, Math.max(...series.flatMap(({ values }) => values.filter(Number.isFinite)), 0));
  const marks = series.map(({ style, values }) => {
    const points = values.flatMap((value, index) =>
      Number.isNaN(value) ? [] : [[round(scale.x(index) + scale.slot / 2), scale.y(value)] as const],
    );
    const path = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('');
    if (points.length === 0) return '';
    const base = scale.y(0);
    const filled = style.endsWith('area')
      ? `<path d="${path}L${points.at(-1)?.[0]} ${base}L${points[0]?.[0]} ${base}Z" class="fill ${style}"/>`
      : '';
    return `${filled}<path d="${path}" class="line ${style}"/>`;
  });
  return figure(frame, series, scale, marks.join(''));
}

/** A bar as wide as the cell, in parts. Shares of 1. */
export function meter(parts: readonly (readonly [style: string, share: number, title: string])[]): string {
  let left = 0;
  const rects = parts.map(([style, share, title]) => {
    const x = left;
    left += share * 100;
    return `<rect x="${round(x)}" y="0" width="${round(share * 100)}" height="10" class="${style}"><title>${escaped(title)}</title></rect>`;
  });
  return `<svg viewBox="0 0 100 10" preserveAspectRatio="none" class="meter">${rects.join('')}</svg>`;
}
