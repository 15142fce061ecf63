import { askedCases } from '../support/console/asked-cases.ts';
import { keyboardCases } from '../support/console/keyboard-cases.ts';
import { lostAnswerCases } from '../support/console/lost-answer-cases.ts';
import { refusalCases } from '../support/console/order-cases.ts';
import { questionCases } from '../support/console/question-cases.ts';
import { staffCases } from '../support/console/staff-cases.ts';
import { openConsole } from '../support/console/open-console.ts';

const opened = openConsole();

staffCases(opened);
keyboardCases(opened);
askedCases(opened);
questionCases(opened);
refusalCases(opened);
lostAnswerCases(opened);
