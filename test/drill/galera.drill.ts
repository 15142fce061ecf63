import { drill } from '../support/engines/drill.ts';
import { startGalera } from '../support/engines/galera.ts';

drill(
  { name: 'writer of a Galera cluster of three behind HAProxy', firstRow: 4, file: import.meta.filename },
  startGalera,
);
