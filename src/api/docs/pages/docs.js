import { tellLogin } from './tell-login.js';

// The bundle before this script defines SwaggerUIBundle. Without a validator, nothing is asked of any other site.
// oxlint-disable-next-line typescript/no-unsafe-call -- the bundle comes without types for a browser's globals
globalThis.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: true,
  validatorUrl: null,
  responseInterceptor: hearLogin,
  plugins: [withoutNestedLinks],
});

/** A login that is tried here is the browser's own: its cookie is set, whoever was logged in before. */
function hearLogin(response) {
  if (response.ok && new URL(response.url, location.href).pathname === '/auth/login') void tellLogin();
  return response;
}

/** No link stands in a button; the address follows which operation is open all the same. */
function withoutNestedLinks({ React }) {
  return { components: { DeepLink: ({ text }) => React.createElement('span', null, text) } };
}

/** What can be chosen has a name, and what scrolls can be come to by keys. */
function nameChoices() {
  for (const select of document.querySelectorAll('#swagger-ui select:not([aria-label])')) {
    const usual = select.id === 'servers' ? 'Server' : 'Media type';
    select.setAttribute('aria-label', select.closest('[data-param-name]')?.dataset.paramName ?? usual);
  }
  for (const example of document.querySelectorAll('#swagger-ui pre:not([tabindex])')) example.tabIndex = 0;
}
new MutationObserver(nameChoices).observe(document.getElementById('swagger-ui'), { childList: true, subtree: true });

// Swagger UI is dark where the page says so; here that follows the reader's own choice.
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();
