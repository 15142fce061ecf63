import { drill } from '../support/engines/drill.ts';
import { startGalera } from '../support/engines/galera.ts';

drill('writer of a Galera cluster of three behind HAProxy', startGalera);
