/** What the sandbox's cards do, by the names that stand for them. */
const cards = {
  pm_card_visa: 'Visa, is accepted',
  pm_card_mastercard: 'Mastercard, is accepted',
  pm_card_chargeDeclined: 'Declined',
  pm_card_chargeDeclinedInsufficientFunds: 'Declined, insufficient funds',
  pm_card_chargeDeclinedExpiredCard: 'Declined, expired',
  pm_card_authenticationRequired: 'Asks its holder first',
} as const;

/** A card of the sandbox. */
export const usualCard = 'pm_card_visa';

/** Chooses a card of the sandbox; where there is none, nobody types a card's number here. */
export function CardChoice({ card, onChoose }: Readonly<{ card: string; onChoose(card: string): void }>) {
  return (
    <label>
      Test card
      <select value={card} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        {Object.entries(cards).map(([method, words]) => (
          <option key={method} value={method}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
