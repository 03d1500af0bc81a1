/** A bar: its label, its value, and the range of the rounds. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const WIDTH = 760;
const LABELS = 300;
const ROW = 26;
const TOP = 40;

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

/** Horizontal bars with whiskers, as SVG that follows the reader's light or dark page. */
export function barChart(title: string, unit: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ high }) => high));
  const x = (value: number): number => LABELS + ((WIDTH - LABELS - 70) * value) / most;
  const height = TOP + bars.length * ROW + 10;
  const rows = bars.map(({ label, value, low, high }, i) => {
    const y = TOP + i * ROW;
    const middle = y + ROW / 2 - 3;
    return `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${escaped(label)}</text>
<rect x="${LABELS}" y="${y}" width="${(x(value) - LABELS).toFixed(1)}" height="${ROW - 6}" rx="2" fill="${label.startsWith('Clipgraph') ? '#2f6fde' : '#9aa3ad'}"/>
<path d="M${x(low).toFixed(1)} ${middle}H${x(high).toFixed(1)}" stroke="currentColor"/>
<text x="${(x(high) + 6).toFixed(1)}" y="${middle + 4}">${value >= 100 ? value.toFixed(0) : value.toPrecision(3)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12" fill="currentColor" color="#6b7280">
<text x="0" y="18" font-size="14" font-weight="bold">${escaped(title)}</text><text x="${WIDTH}" y="18" text-anchor="end">${escaped(unit)}</text>
${rows.join('\n')}
</svg>
`;
}
