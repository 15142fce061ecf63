import { tellLogin } from './tell-login.js';

// Posts the form as JSON, the only way there is to log in, and comes back with the cookie that login set.
const form = document.getElementById('login');
const refusal = document.getElementById('refusal');

const refusals = { bad_credentials: 'Wrong e-mail or password.', bad_code: 'Wrong code, or used before.' };

// Only who has a second factor is asked for its code; a field that is not enabled is not sent.
function askForCode() {
  const field = form.elements.code;
  document.getElementById('code').hidden = false;
  field.disabled = false;
  field.focus();
}

async function logIn() {
  refusal.textContent = '';
  try {
    const answer = await fetch('/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    });
    if (answer.ok) {
      await tellLogin();
      return location.reload();
    }
    const { code } = await answer.json();
    if (code === 'second_factor_required') return askForCode();
    refusal.textContent = refusals[code] ?? `Refused (${answer.status}).`;
  } catch {
    refusal.textContent = 'The server did not answer. Try again.';
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void logIn();
});
