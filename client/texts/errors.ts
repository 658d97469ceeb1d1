// The language is chosen here, once there is a second one.
export { errors } from './en/errors.ts';
