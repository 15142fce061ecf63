/** Where a stream begins, before any entry. */
export const beginning = '0-0';

/** The id of an entry as Redis writes it: milliseconds, a dash, a number within the millisecond. */
export const streamId = /^(0|[1-9]\d{0,18})-(0|[1-9]\d{0,18})$/;

/** Whether the entry `id` came after `other`. */
export function isAfter(id: string, other: string): boolean {
  const [time = '', sequence = ''] = id.split('-');
  const [otherTime = '', otherSequence = ''] = other.split('-');
  return time === otherTime ? isGreater(sequence, otherSequence) : isGreater(time, otherTime);
}

// The numbers have up to 19 digits, more than a JavaScript number holds; without leading zeros, longer is greater.
function isGreater(digits: string, others: string): boolean {
  return digits.length === others.length ? digits > others : digits.length > others.length;
}
