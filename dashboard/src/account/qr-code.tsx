import { encode } from 'uqr';

// Cameras want a margin of four.
const border = 4;

/** A text as cameras read it: dark on light also by night. */
export function QrCode({ text }: Readonly<{ text: string }>) {
  const { data, size } = encode(text, { border });
  const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return (
    <svg class="qr" role="img" aria-label="QR code" viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges">
      <path d={dark.join('')} />
    </svg>
  );
}
