import { figureCases } from '../support/console/figure-cases.ts';
import { frameCases } from '../support/console/frame-cases.ts';
import { marketCases } from '../support/console/market-cases.ts';
import { orderCases } from '../support/console/order-cases.ts';
import { orderListCases } from '../support/console/order-list-cases.ts';
import { lostCases, shopCases } from '../support/console/shop-cases.ts';
import { openConsole } from '../support/console/open-console.ts';

const opened = openConsole();

frameCases(opened);
orderCases(opened);
orderListCases(opened);
shopCases(opened);
marketCases(opened);
figureCases(opened);
lostCases(opened);
