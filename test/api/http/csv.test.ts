import { describe, expect, it } from 'vitest';
import { csvLine } from '../../../src/api/http/csv.ts';

describe('a line of CSV', () => {
  it('quotes what would end a cell or a line', () => {
    expect(csvLine(['a,b', 'say "no"', 'two\r\nlines', 'x;y', 'plain', 7, null])).toBe(
      '"a,b","say ""no""","two\r\nlines","x;y",plain,7,\r\n',
    );
  });

  it.each(['=1+1', '+1', '-1', '@sum', '\tx', '\rx', '\nx', '＝1', '＋1', '－1', '＠x'])(
    'takes %j for no formula',
    (cell) => {
      expect(csvLine([cell])).toMatch(/^"?'/);
    },
  );

  it('leaves numbers alone', () => {
    expect(csvLine([-5, 0.5])).toBe('-5,0.5\r\n');
  });
});
