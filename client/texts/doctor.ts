// The language is chosen here, once there is a second one.
export { doctor } from './en/doctor.ts';
