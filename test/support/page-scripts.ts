/** In the page: how many pixels of the chart have the colour of a candle, one that rose or one that fell. */
export const candlePixels = `(() => {
  const colours = ['--accent', '--down'].map((name) => {
    const probe = document.createElement('i');
    probe.style.color = 'var(' + name + ')';
    document.body.append(probe);
    const parts = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
    probe.remove();
    return parts;
  });
  let found = 0;
  for (const canvas of document.querySelectorAll('.canvas canvas')) {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4)
      if (data[at + 3] > 200 && colours.some((parts) => parts.every((part, index) => Math.abs(data[at + index] - part) < 10))) found += 1;
  }
  return found;
})()`;

/** In the page: the rows in which something lies over its neighbour or beyond the row. */
export const overlaps = `[...document.querySelectorAll('.row')].filter((row) => {
  const boxes = [...row.querySelectorAll('.name, .spark, .price, .change')].map((part) => part.getBoundingClientRect());
  const right = row.getBoundingClientRect().right + 0.5;
  return boxes.some((box, index) => box.right > right || (index > 0 && box.left < boxes[index - 1].right - 0.5));
}).map((row) => row.textContent)`;

/** In the page: how many pixels of labels lie at the very edges of the axes, right, above and below, where they are cut. */
export const cutLabels = `(() => {
  const drawn = (canvas, ...box) =>
    [...canvas.getContext('2d').getImageData(...box).data].filter((value, at) => at % 4 === 3 && value > 0).length;
  const time = [...document.querySelectorAll('.canvas tr:last-child td:nth-child(2) canvas')]
    .map((canvas) => drawn(canvas, canvas.width - 2, 0, 2, canvas.height));
  const price = [...document.querySelectorAll('.canvas tr:first-child td:nth-child(3) canvas')]
    .map((canvas) => drawn(canvas, 0, 0, canvas.width, 1) + drawn(canvas, 0, canvas.height - 1, canvas.width, 1));
  return time.length > 0 && price.length > 0 ? [...time, ...price].reduce((sum, count) => sum + count, 0) : -1;
})()`;

/** In the page: what a browser does when its window is covered, or seen again. */
export const visibility = (state: 'hidden' | 'visible'): string => `(() => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${state === 'hidden'} });
  document.dispatchEvent(new Event('visibilitychange'));
})()`;

/** In the page, before its own scripts: a clock that is so far ahead. */
export const clockAhead = (ms: number): string => `globalThis.Date = class extends Date {
  constructor(...parts) {
    super(...(parts.length === 0 ? [Date.now()] : parts));
  }
  static now() {
    return super.now() + ${ms};
  }
}`;

/** In the page: a moment as its reader is shown it. */
export const formatted = (at: string): string =>
  `new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date('${at}')).replace(/ (?=.*,)/g, '\u00a0')`;

/** In the page: what of some elements is shown beyond the edge of the screen, of its paper, or of what it stands in. */
export const beyond = (which: string): string => `[...document.querySelectorAll('${which}')]
  .filter((one) => one.checkVisibility())
  .filter((one) => one.getBoundingClientRect().right > innerWidth || one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.textContent)`;
