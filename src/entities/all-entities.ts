import { AuditEntry } from './audit-entry.entity.ts';
import { DeadLetter } from './dead-letter.entity.ts';
import { Dispute } from './dispute.entity.ts';
import { EventLog } from './event-log.entity.ts';
import { CompanyProfile } from './company-profile.entity.ts';
import { CryptoData } from './crypto-data.entity.ts';
import { EventVersion } from './event-version.entity.ts';
import { GatewayCall } from './gateway-call.entity.ts';
import { IdempotencyKey } from './idempotency-key.entity.ts';
import { ForexRate } from './forex-rate.entity.ts';
import { MarketNews } from './market-news.entity.ts';
import { NewsCoverage } from './news-coverage.entity.ts';
import { OrderHistory } from './order-history.entity.ts';
import { OrderLine } from './order-line.entity.ts';
import { Order } from './order.entity.ts';
import { OutboxMessage } from './outbox-message.entity.ts';
import { Payment } from './payment.entity.ts';
import { Product } from './product.entity.ts';
import { Refund } from './refund.entity.ts';
import { Setting } from './setting.entity.ts';
import { StockQuote } from './stock-quote.entity.ts';
import { Token } from './token.entity.ts';
import { User } from './user.entity.ts';
import { WatchedSymbol } from './watched-symbol.entity.ts';

/** Every table of the platform. */
export const allEntities = [
  User,
  Token,
  Product,
  Order,
  OrderLine,
  OrderHistory,
  Payment,
  StockQuote,
  CompanyProfile,
  MarketNews,
  NewsCoverage,
  ForexRate,
  CryptoData,
  WatchedSymbol,
  OutboxMessage,
  EventVersion,
  EventLog,
  Refund,
  Dispute,
  GatewayCall,
  Setting,
  IdempotencyKey,
  DeadLetter,
  AuditEntry,
];
