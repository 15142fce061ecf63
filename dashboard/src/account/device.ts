const programs = [
  ['Edge', /\bEdg\//],
  ['Firefox', /\bFirefox\//],
  ['Chrome', /Chrom(e|ium)\//],
  ['Safari', /\bSafari\//],
] as const;
const systems = [
  ['Android', /Android/],
  ['iPhone', /iPhone/],
  ['iPad', /iPad/],
  ['Windows', /Windows/],
  ['macOS', /Mac OS X/],
  ['Linux', /Linux/],
] as const;

/** What a browser or program calls itself, as people call it. */
export function deviceOf(agent: string | null): string {
  if (agent === null) return 'not known';
  const nameIn = (names: typeof programs | typeof systems) => names.find(([, sign]) => sign.test(agent))?.[0];
  const [program, system] = [nameIn(programs), nameIn(systems)];
  if (program === undefined) return agent.slice(0, 40);
  return system === undefined ? program : `${program} on ${system}`;
}
