// The bundle before this script defines SwaggerUIBundle. Without a validator, nothing is asked of any other site.
// oxlint-disable-next-line typescript/no-unsafe-call -- the bundle comes without types for a browser's globals
globalThis.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: true,
  validatorUrl: null,
});

// Swagger UI is dark where the page says so; here that follows the reader's own choice.
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();
