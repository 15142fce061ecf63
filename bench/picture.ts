import type { Goal } from './goals.ts';

const width = 760;
const rowHeight = 46;
const labelWidth = 190;
const barWidth = 440;

/** What a reader is shown: the rows that have a peer, ours and the peer's, each row to its own scale. */
export function pictureOf(goals: readonly Goal[]): string {
  const bars = goals.flatMap(barsOf);
  const height = bars.length * rowHeight + 60;
  const rows = bars.map((bar, index) => rowOf(bar, 44 + index * rowHeight)).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>Orderflow beside the original's stack, on one machine in one run</title>
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.ours { fill: #0969da }
.peer { fill: #afb8c1 }
.small { font-size: 11px; fill: #57606a }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .small { fill: #8d96a0 } .peer { fill: #6e7681 } }
</style>
<rect class="ours" x="${labelWidth}" y="14" width="12" height="12"/><text x="${labelWidth + 18}" y="25">Orderflow</text>
<rect class="peer" x="${labelWidth + 110}" y="14" width="12" height="12"/>
<text x="${labelWidth + 128}" y="25">what it is compared with</text>
${rows}
</svg>
`;
}

type Bar = Readonly<{ label: string; ours: number; peer: number; ratio: number }>;

function barsOf({ id, ours, peer, ratio }: Goal): readonly Bar[] {
  if (typeof peer === 'number' && typeof ours === 'number' && typeof ratio === 'number')
    return [{ label: id, ours, peer, ratio }];
  if (typeof peer !== 'object' || typeof ours !== 'object' || typeof ratio !== 'object') return [];
  return Object.entries(peer).map(([name, other]) => ({
    label: `${id}, ${name}`,
    ours: ours[name] ?? 0,
    peer: other,
    ratio: ratio[name] ?? 0,
  }));
}

function rowOf({ label, ours, peer, ratio }: Bar, y: number): string {
  const scale = barWidth / Math.max(ours, peer, Number.MIN_VALUE);
  const bar = (kind: string, value: number, top: number) =>
    `<rect class="${kind}" x="${labelWidth}" y="${top}" width="${(value * scale).toFixed(1)}" height="13"/>` +
    `<text class="small" x="${(labelWidth + value * scale + 6).toFixed(1)}" y="${top + 11}">${short(value)}</text>`;
  return `<text x="0" y="${y + 19}">${label}</text>
${bar('ours', ours, y)}
${bar('peer', peer, y + 15)}
<text x="${width}" y="${y + 19}" text-anchor="end">${short(ratio)} ×</text>`;
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(2)));
}
