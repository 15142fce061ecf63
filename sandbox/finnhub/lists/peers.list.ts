import type { CompanyList } from '../company-lists.ts';
import { listings } from '../listings.ts';

/** The companies of the same industry, itself first. */
export const peers: CompanyList = {
  endpoint: '/stock/peers',
  of({ symbol, industry }) {
    const alike = [...listings.values()].filter(
      (other) => other.type === 'Common Stock' && other.industry === industry,
    );
    return [symbol, ...alike.map((other) => other.symbol).filter((other) => other !== symbol)];
  },
  ofNone: [],
};
