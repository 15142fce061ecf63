import { render } from 'preact';
import { App } from './app.tsx';
import { holdFocus } from './parts/hold-focus.ts';

const page = document.getElementById('page');
if (!page) throw new Error('index.html has no element #page');
holdFocus(page);
render(<App />, page);
