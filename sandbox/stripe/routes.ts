import { type Answer, json, type Question } from '../answer.ts';
import type { Books, PaymentIntent } from './books.ts';
import type { ChargeContext } from './charge.ts';
import { type Form, readForm } from './form.ts';
import { listPage, listParameters } from './listing.ts';
import { cancelIntent, confirmIntent, createIntent, createParameters, type Outcome } from './payment-intents.ts';
import { createRefund, refundParameters } from './refunds.ts';
import { missing, Refusal } from './stripe-error.ts';

const confirmParameters = ['error_on_requires_action', 'off_session', 'payment_method', 'return_url'];

/** Executes a POST. @throws Refusal when nothing was executed. */
export function execute(books: Books, question: Question, context: ChargeContext): Outcome {
  const { noun, id, further: verb } = placeOf(question);
  const form = (known: readonly string[]): Form => readForm(new URLSearchParams(question.body), known);
  if (noun === 'payment_intents' && id === undefined) return createIntent(form(createParameters), context);
  if (noun === 'payment_intents' && id !== undefined && verb === 'confirm')
    return confirmIntent(intentOf(books, id), form(confirmParameters), context);
  if (noun === 'payment_intents' && id !== undefined && verb === 'cancel')
    return cancelIntent(intentOf(books, id), form(['cancellation_reason']), context);
  if (noun === 'refunds' && id === undefined) return createRefund(books, form(refundParameters), context);
  throw unknownPath(question);
}

/** Answers a GET. @throws Refusal when there is nothing to show. */
export function read(books: Books, question: Question): Answer {
  const { noun, id, further } = placeOf(question);
  if (question.method !== 'GET' || further !== undefined) throw unknownPath(question);
  if (noun === 'payment_intents' && id !== undefined) return json(200, intentOf(books, id));
  if (noun === 'payment_intents') {
    const form = readForm(question.query, listParameters);
    return listPage('/v1/payment_intents', 'payment_intent', [...books.intents.values()], form);
  }
  if (noun === 'refunds') {
    const form = readForm(question.query, [...listParameters, 'payment_intent']);
    const intent = form.text('payment_intent');
    const all = intent === undefined ? [...books.refunds.values()] : books.refundsOf(intent);
    if (id === undefined) return listPage('/v1/refunds', 'refund', all, form);
    const refund = all.find((each) => each.id === id);
    if (!refund) throw missing(404, 'refund', 'refund', id);
    return json(200, refund);
  }
  throw unknownPath(question);
}

function placeOf({ path }: Question) {
  const [, noun, id, further] = /^\/v1\/([a-z_]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(path) ?? [];
  return { noun, id, further };
}

function intentOf(books: Books, id: string): PaymentIntent {
  const intent = books.intents.get(id);
  if (!intent) throw missing(404, 'intent', 'payment_intent', id);
  return intent;
}

function unknownPath({ method, path }: Question): Refusal {
  return new Refusal(404, 'invalid_request_error', `Unrecognized request URL (${method}: ${path}).`);
}
