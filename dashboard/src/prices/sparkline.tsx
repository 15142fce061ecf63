const width = 64;
const height = 20;

/** The way of a price, without a scale: whether it rose or fell is said by the figures beside it. */
export function Sparkline({ values }: Readonly<{ values: readonly number[] }>) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const points = values.map((value, index) => {
    const x = (index / Math.max(1, values.length - 1)) * width;
    const y = high === low ? height / 2 : height - 1 - ((value - low) / (high - low)) * (height - 2);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return (
    <svg class="spark" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {values.length > 1 && <polyline points={points.join(' ')} />}
    </svg>
  );
}
