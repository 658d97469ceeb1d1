// Makes a lab in which something runs for an hour, says what it is called, and waits to be ended from outside.
import { hireJanitor } from '../janitor.ts';
import { Lab } from '../lab.ts';

const lab = new Lab();
const near = await lab.namespace('near');
const far = await lab.namespace('far');
await lab.link(near, far);
const program = near.start('sh', ['-c', 'echo $$; exec sleep 3600']);
const idler = Number(await program.readLine());
console.log(JSON.stringify({ name: lab.name, folder: lab.folder, idler, janitor: hireJanitor() }));
