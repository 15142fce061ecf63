const faults = {
  tour: 'Five faults in turn, while one watches what becomes of prices and orders here.',
  finnhub: 'Take the provider of prices away, or let it refuse calls: prices grow old and say so, and its queue rests.',
  stripe: 'Decline cards, or lose the gateway’s answers: an order is charged once all the same.',
  products: 'Break the product feed: what is stored stays, and a sync says why it failed.',
  rates: 'Take the exchange rates away: orders use the stored ones as long as those are young enough.',
} as const;

/** The ways to the switches of the sandbox, each with what comes of it. */
export function Faults({ sandbox }: Readonly<{ sandbox: string }>) {
  return (
    <section aria-labelledby="faults">
      <h2 id="faults">Break something</h2>
      <p>
        <a href={sandbox}>Every switch, in the sandbox</a>
      </p>
      <dl class="facts">
        {Object.entries(faults).map(([name, words]) => (
          <div key={name}>
            <dt>
              <a href={new URL(`#${name}`, sandbox).href}>{name}</a>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
