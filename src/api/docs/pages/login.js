// Posts the form as JSON, the only way there is to log in, and comes back with the cookie that login set.
const form = document.getElementById('login');
const refusal = document.getElementById('refusal');

async function logIn() {
  refusal.textContent = '';
  try {
    const answer = await fetch('/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    });
    if (answer.ok) location.reload();
    else refusal.textContent = answer.status === 401 ? 'Wrong e-mail or password.' : `Refused (${answer.status}).`;
  } catch {
    refusal.textContent = 'The server did not answer. Try again.';
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void logIn();
});
