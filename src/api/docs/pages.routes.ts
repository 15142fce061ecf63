import { z } from '@hono/zod-openapi';
import { defineRoute } from '../http/define-route.ts';
import { readPage } from '../http/own-page.ts';
import { allowPage, namedFile, ownPages, serveFile, swaggerUi } from '../http/static-files.ts';

const docs = defineRoute(
  'public',
  {
    method: 'get',
    path: '/docs',
    operationId: 'readDocs',
    summary: 'This description as a page to read and to try.',
    tags: ['about'],
    responses: {
      200: {
        description: 'Swagger UI.',
        content: { 'text/html': { schema: z.string(), example: '<!doctype html>…' } },
      },
    },
  },
  async (c) => {
    allowPage(c);
    return c.html(await readPage('docs.html'), 200);
  },
);

const account = defineRoute(
  'public',
  {
    method: 'get',
    path: '/account',
    operationId: 'readAccountPage',
    summary: 'The page behind the links of mails: for a new password, and to confirm an address.',
    tags: ['about'],
    responses: {
      200: { description: 'The page.', content: { 'text/html': { schema: z.string(), example: '<!doctype html>…' } } },
    },
  },
  async (c) => {
    allowPage(c, 'strict');
    return c.html(await readPage('account.html'), 200);
  },
);

const docsFile = defineRoute(
  'public',
  {
    method: 'get',
    path: '/docs/{file}',
    operationId: 'readDocsFile',
    summary: 'A script, style or image of the page at /docs.',
    tags: ['about'],
    request: { params: z.object({ file: z.string().openapi({ example: 'swagger-ui.css' }) }) },
    responses: {
      200: { description: 'The file.', content: { 'text/css': { schema: z.string(), example: '.swagger-ui{…}' } } },
    },
  },
  (c) => serveFile(c, swaggerUi),
  (c) => namedFile(c, swaggerUi),
);

const pageFile = defineRoute(
  'public',
  {
    method: 'get',
    path: '/pages/{file}',
    operationId: 'readPageFile',
    summary: 'A script or style of the pages that the API serves.',
    tags: ['about'],
    request: { params: z.object({ file: z.string().openapi({ example: 'page.css' }) }) },
    responses: {
      200: { description: 'The file.', content: { 'text/css': { schema: z.string(), example: 'body { … }' } } },
    },
  },
  (c) => serveFile(c, ownPages),
  (c) => namedFile(c, ownPages),
);

/** The documentation's page, the one behind links of mails, and the files that pages are made of. */
export const routes = [docs, account, docsFile, pageFile];
