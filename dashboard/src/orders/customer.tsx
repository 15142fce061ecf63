import { pathOf } from '../frame/address.ts';
import { askedIn } from '../frame/asked.ts';

/** Somebody else who has ordered, and the way to all that they have. */
export function Customer({ id }: Readonly<{ id: number }>) {
  return <a href={`${pathOf('orders')}${askedIn({ user_id: String(id) })}`}>user {id}</a>;
}
