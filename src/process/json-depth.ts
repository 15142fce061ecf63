/** How deeply the brackets of a JSON text are nested, outside of strings: known before anything is built from it. */
export function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (isInString && character === '\\') index += 1;
    else if (character === '"') isInString = !isInString;
    else if (!isInString && (character === '{' || character === '[')) deepest = Math.max(deepest, (depth += 1));
    else if (!isInString && (character === '}' || character === ']')) depth -= 1;
  }
  return deepest;
}
