import { render } from 'preact';
import { App } from './app.tsx';
import { followLinks } from './frame/address.ts';
import { holdFocus } from './parts/hold-focus.ts';

const page = document.getElementById('page');
if (!page) throw new Error('index.html has no element #page');
holdFocus(page);
followLinks(page);
render(<App />, page);
