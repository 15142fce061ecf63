/** Something is missing that only a person can bring: says what, and how to bring it. Ends the command with 1. */
export class CannotStart extends Error {
  /** @param {string} message what is wrong @param {string} remedy what to do, in lines */
  constructor(message, remedy = '') {
    super(message);
    this.name = 'CannotStart';
    this.remedy = remedy;
  }
}
