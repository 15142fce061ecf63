/**
 * Says of each call whether it may pass: in any one second no more than `perSecond` do, whatever they ask for. Refused calls
 * do not count. Independent of the product's own pace on purpose.
 */
export function createCallLimit(perSecond: number): (atMs: number) => boolean {
  const passed: number[] = [];
  return (atMs) => {
    while (passed[0] !== undefined && passed[0] <= atMs - 1000) passed.shift();
    if (passed.length >= perSecond) return false;
    passed.push(atMs);
    return true;
  };
}
