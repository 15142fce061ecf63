const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Shows what is being done and how long it took: live on a terminal, one plain line a step elsewhere. */
export class Steps {
  #running = new Set();
  #drawn = 0;
  #isLive;
  #out;
  #timer;

  constructor({ out = process.stdout, isPlain = false } = {}) {
    this.#out = out;
    this.#isLive = Boolean(out.isTTY) && !isPlain;
  }

  /** Runs the work under that title. The work may call `detail(text)` to say how it goes; the last one stays. */
  async step(title, work) {
    const entry = { title, detail: '', began: Date.now() };
    this.#running.add(entry);
    this.#draw();
    const slow = this.#isLive ? undefined : setTimeout(() => this.say(`… ${title}`), 1500).unref();
    try {
      const result = await work((text) => {
        entry.detail = text;
      });
      this.#finish(entry, '✓');
      return result;
    } catch (error) {
      this.#finish(entry, '✗');
      throw error;
    } finally {
      clearTimeout(slow);
    }
  }

  /** One line of its own, above what is running. */
  say(line) {
    this.#erase();
    this.#out.write(`${line}\n`);
    this.#draw();
  }

  /** Forgets what is running: it is being stopped, and how that ends is no news. */
  abandon() {
    this.#running.clear();
    this.#erase();
  }

  #finish(entry, mark) {
    if (this.#running.delete(entry)) this.say(lineOf(mark, entry));
  }

  #draw() {
    if (!this.#isLive) return;
    this.#erase();
    const frame = frames[Math.floor(Date.now() / 100) % frames.length];
    const width = this.#out.columns ?? 80;
    for (const entry of this.#running) this.#out.write(`${lineOf(frame, entry).slice(0, width - 1)}\n`);
    this.#drawn = this.#running.size;
    clearTimeout(this.#timer);
    if (this.#drawn > 0) this.#timer = setTimeout(() => this.#draw(), 100).unref();
  }

  #erase() {
    if (this.#drawn > 0) this.#out.write(`\u001b[${this.#drawn}A\u001b[J`);
    this.#drawn = 0;
  }
}

function lineOf(mark, { title, detail, began }) {
  const seconds = ((Date.now() - began) / 1000).toFixed(1).padStart(6);
  return `${mark} ${seconds} s  ${title}${detail ? ` · ${detail}` : ''}`;
}
