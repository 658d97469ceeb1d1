// The language is chosen here, once there is a second one.
export { permission } from './en/permission.ts';
