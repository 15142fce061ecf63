import type { Product } from './product.ts';

/** A product's picture: its own when this site serves it, else a drawn one. The page loads nothing from anywhere else. */
export function Picture({ product: { image, title, category } }: Readonly<{ product: Product }>) {
  if (image !== null && isOwn(image)) return <img class="picture" src={image} alt="" loading="lazy" />;
  const hue = hueOf(category ?? title);
  const letters = title.split(/\s+/, 2).map((word) => word.charAt(0).toUpperCase());
  return (
    <svg class="picture" viewBox="0 0 120 80" aria-hidden="true">
      <rect width="120" height="80" fill={`hsl(${hue} 32% 84%)`} />
      <circle cx={20 + (hueOf(title) % 80)} cy="68" r="34" fill={`hsl(${(hue + 24) % 360} 38% 74%)`} />
      <text x="60" y="50" font-size="28" font-weight="600" text-anchor="middle" fill={`hsl(${hue} 45% 24%)`}>
        {letters.join('')}
      </text>
    </svg>
  );
}

function isOwn(image: string): boolean {
  return URL.canParse(image, location.href) && new URL(image, location.href).origin === location.origin;
}

/** The same words have the same colour everywhere. */
function hueOf(words: string): number {
  const codes = Array.from(words, (letter) => letter.codePointAt(0) ?? 0);
  return codes.reduce((hash, code) => (hash * 31 + code) % 9_973, 7) % 360;
}
