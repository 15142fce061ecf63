type Given<T> = { [Field in keyof T]: Exclude<T[Field], undefined> };

/** The fields that a request names, as an update takes them. What a request leaves out is no key of its parsed body. */
export function givenFields<T extends object>(fields: T): Given<T> {
  const areGiven = (some: T): some is T & Given<T> => Object.values(some).every((value) => value !== undefined);
  if (!areGiven(fields)) throw new TypeError('JSON has no undefined; a field has been set to it here');
  return fields;
}
