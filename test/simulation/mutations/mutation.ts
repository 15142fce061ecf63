/** A guard that is taken out of the product, and who notices: a scenario of the simulation, or a test. */
export type Mutation = Readonly<{
  what: string;
  file: string;
  edits: readonly (readonly [from: string, to: string])[];
  by: string;
}>;
