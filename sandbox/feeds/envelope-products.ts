import { chance } from '../chance.ts';

type Row = readonly [title: string, category: string, price: number, brand: string | undefined, description: string];

const rows: readonly Row[] = [
  ['Morning Mascara', 'beauty', 9.99, 'Fictive', 'Dark lashes that stay through the day.'],
  ['Four Shade Palette', 'beauty', 19.99, 'Fictive', 'Four quiet colours and a mirror in the lid.'],
  ['Loose Powder', 'beauty', 14.99, 'Velours', 'A fine powder that takes the shine away.'],
  ['Red Lipstick', 'beauty', 12.99, 'Velours', 'A deep red that does not dry out.'],
  ['Clear Nail Polish', 'beauty', 8.99, 'Velours', 'A coat that hardens in two minutes.'],
  ['Citrus Water', 'fragrances', 49.99, 'North Harbour', 'Lemon peel and a little sea salt.'],
  ['Cedar Evening', 'fragrances', 129.99, 'North Harbour', 'Cedar wood, smoke and black tea.'],
  ['White Garden', 'fragrances', 89.99, 'Maison Vingt', 'Jasmine after rain.'],
  ['Iris No. 4', 'fragrances', 69.99, 'Maison Vingt', 'Iris root and soft leather.'],
  ['Amber Oil', 'fragrances', 79.99, 'Maison Vingt', 'A warm oil for wrist and neck.'],
  ['Oak Bed Frame', 'furniture', 1899.99, 'Holzweg', 'Solid oak, joined without screws.'],
  ['Three Seat Sofa', 'furniture', 2499.99, 'Holzweg', 'Wool cover that comes off for cleaning.'],
  ['Bedside Table', 'furniture', 299.99, 'Holzweg', 'One drawer, one shelf, no fuss.'],
  ['Swivel Chair', 'furniture', 499.99, 'Lotrecht', 'A desk chair that follows the back.'],
  ['Wall Basin with Mirror', 'furniture', 799.99, 'Lotrecht', 'A narrow basin for small rooms.'],
  ['Apples, 1 kg', 'groceries', 1.99, undefined, 'Crisp and a little sour.'],
  ['Beef Steak', 'groceries', 12.99, undefined, 'Aged for three weeks.'],
  ['Cat Food', 'groceries', 8.99, undefined, 'Complete food with salmon.'],
  ['Chicken Breast', 'groceries', 9.99, undefined, 'From free-range birds.'],
  ['Sunflower Oil', 'groceries', 4.99, undefined, 'For frying and baking.'],
  ['Cucumber', 'groceries', 1.49, undefined, 'Best within four days.'],
  ['Dog Food', 'groceries', 10.99, undefined, 'Dry food with rice and lamb.'],
  ['Eggs, Ten', 'groceries', 2.99, undefined, 'Size M, from the region.'],
  ['Fish Fillet', 'groceries', 14.99, undefined, 'White fish without bones.'],
  ['Green Pepper', 'groceries', 1.29, undefined, 'For salads and stews.'],
  ['Green Chilli', 'groceries', 0.99, undefined, 'Small, and hotter than it looks.'],
  ['Honey Jar', 'groceries', 6.99, undefined, 'From the lime trees of one village.'],
  ['Vanilla Ice Cream', 'groceries', 5.49, undefined, 'With seeds you can see.'],
  ['Orange Juice', 'groceries', 3.99, undefined, 'Pressed, not from concentrate.'],
  ['Kiwi, Six', 'groceries', 2.49, undefined, 'Ripe in two days on the sill.'],
];

/** Thirty products with the richer shape: a bare rating, stock, sku, several images and no single one, sometimes no brand. */
export const envelopeProducts = rows.map(([title, category, price, brand, description], place) => {
  const id = place + 1;
  const stock = place % 11 === 4 ? 0 : 1 + Math.floor(chance(id, 1) * 120);
  const picture = (name: string) => `https://pictures.example/products/${id}/${name}.webp`;
  const stamp = '2026-06-17T08:00:00.000Z';
  return {
    id,
    title,
    description,
    category,
    price,
    discountPercentage: Number((chance(id, 2) * 20).toFixed(2)),
    rating: Number((2.5 + chance(id, 3) * 2.5).toFixed(2)),
    stock,
    tags: [category],
    ...(brand === undefined ? {} : { brand }),
    sku: `${category.slice(0, 3).toUpperCase()}-${String(id).padStart(3, '0')}`,
    weight: 1 + Math.floor(chance(id, 4) * 9),
    dimensions: { width: 10 + place, height: 12.5, depth: 20.25 },
    warrantyInformation: 'One year',
    shippingInformation: 'Leaves within three days',
    availabilityStatus: stock === 0 ? 'Out of Stock' : stock < 10 ? 'Low Stock' : 'In Stock',
    reviews: [],
    returnPolicy: 'Thirty days',
    minimumOrderQuantity: 1,
    meta: { createdAt: stamp, updatedAt: stamp, barcode: String(4_000_000_000_000 + id), qrCode: picture('qr') },
    images: [picture('1'), picture('2')],
    thumbnail: picture('thumbnail'),
  };
});
