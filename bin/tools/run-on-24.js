import { spawn } from 'node:child_process';
import { root } from './environment.js';
import { install } from './install.js';
import { findNode } from './node-24.js';
import { Steps } from './steps.js';
import { onStop } from './stop-signals.js';

/** Brings what a program in TypeScript needs: the packages, and a Node that runs it, whose path is answered. */
export async function prepareNode24(environment) {
  await install(environment, new Steps({ isPlain: environment.isPlain }));
  const { path } = await findNode();
  return path;
}

/** Runs a file of this repository with such a Node, passes on that it shall end, and answers its exit code. */
export function runOnNode24(environment, node, [file, ...args], own = {}) {
  const child = spawn(node, [file, ...args], { cwd: root, env: { ...environment.all, ...own }, stdio: 'inherit' });
  onStop(environment, (name) => child.kill(name));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}
