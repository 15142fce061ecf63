import { accountCases, freshLoginCases } from '../support/console/account-cases.ts';
import { boardCases, deadLinkCases, docsCases, sandboxCases } from '../support/console/docs-cases.ts';
import { webhookCases } from '../support/console/webhook-cases.ts';
import { openConsole } from '../support/console/open-console.ts';

const opened = openConsole();

accountCases(opened);
webhookCases(opened);
docsCases(opened);
boardCases(opened);
sandboxCases(opened);
freshLoginCases(opened);
deadLinkCases(opened);
