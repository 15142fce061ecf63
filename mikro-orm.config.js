export { default } from './mikro-orm.config.ts';
