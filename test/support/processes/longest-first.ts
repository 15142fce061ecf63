import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Begins with the files of these names, which take longest, so that none of them is waited for alone at the end. */
export function longestFirst(names: readonly string[]): typeof BaseSequencer {
  const placeOf = ({ moduleId }: TestSpecification) => {
    const place = names.findIndex((name) => moduleId.includes(`/${name}.`));
    return place === -1 ? names.length : place;
  };
  return class LongestFirst extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      return (await super.sort(files)).toSorted((a, b) => placeOf(a) - placeOf(b));
    }
  };
}
