// The language is chosen here, once there is a second one.
export { admin } from './en/admin.ts';
