// Uses the link of a mail: its token stands behind the #, and is taken out of the address at once.
const [purpose, token] = location.hash.slice(1).split('=');
history.replaceState(null, '', location.pathname);
const form = document.querySelector(`form#${purpose === 'reset' ? 'reset' : 'confirm'}`);
const outcome = document.getElementById('outcome');

const words = {
  reset: 'The password is set, and everything that was logged in is logged out. Log in with the new one.',
  confirm: 'Thank you: the address is confirmed.',
};

async function finish() {
  outcome.textContent = '';
  try {
    const answer = await fetch(`/auth/${form.id}/finish`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, ...Object.fromEntries(new FormData(form)) }),
    });
    if (answer.ok) form.hidden = true;
    document.getElementById('next').hidden = !answer.ok;
    outcome.textContent = answer.ok ? words[form.id] : (await answer.json()).detail;
  } catch {
    outcome.textContent = 'The server did not answer. Try again.';
  }
}

if (token) form.hidden = false;
else outcome.textContent = 'Open this page by the link of a mail.';
// A button is pressed by people alone: programs that look at mails follow their links.
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void finish();
});
