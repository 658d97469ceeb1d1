import { randomUUID } from 'node:crypto';
import { connect, migrationSource, type Database } from '../../server/db/database.ts';
import { inspect } from '../../server/db/inspect.ts';

/** Makes a data folder whose database has only the first migrations, and two people who have written a lot. */
export async function makeDatabase(
  folder: string,
  { upTo, messages }: { upTo: string; messages: number },
): Promise<void> {
  const database = connect(folder);
  try {
    await database.migrate.to({ name: upTo, migrationSource });
    const people = ['ann', 'ben'].map((name) => ({ id: randomUUID(), name }));
    for (const { id, name } of people) {
      const email = `${name}@example.org`;
      await database('accounts').insert({
        id,
        username: name,
        username_key: name,
        email,
        email_key: email,
        role: 'member',
        password_hash: '',
        created_at: 1,
      });
    }
    const conversation = randomUUID();
    await database('conversations').insert({
      id: conversation,
      pair_key: people.map(({ id }) => id).join(),
      last_seq: messages,
      created_at: 1,
    });
    await addMessages(database, conversation, people[0]?.id ?? '', 1, messages);
  } finally {
    await database.destroy();
  }
}

async function addMessages(
  database: Database,
  conversation: string,
  sender: string,
  from: number,
  to: number,
): Promise<void> {
  await database.raw(
    `insert into messages (conversation_id, seq, id, sender_id, text, sent_at)
       with recursive numbers (seq) as (select ? union all select seq + 1 from numbers where seq < ?)
       select ?, seq, printf('00000000-0000-4000-8000-%012d', seq), ?, printf('%0400d', seq), seq from numbers`,
    [from, to, conversation, sender],
  );
}

/** One message more, so that a restore has something to undo. */
export async function addOneMessage(folder: string): Promise<void> {
  const database = connect(folder);
  try {
    const first = (await database('messages').first()) as { conversation_id: string; sender_id: string };
    const { last } = (await database('messages').max('seq as last').first()) as { last: number };
    await addMessages(database, first.conversation_id, first.sender_id, last + 1, last + 1);
  } finally {
    await database.destroy();
  }
}

/** What a database holds, with a sum over all messages. @throws where it is damaged. */
export async function stateOf(folder: string) {
  const database = connect(folder);
  try {
    // What a killed process has left is recovered first.
    const rows: { messages: number; seqs: number; characters: number }[] = await database.raw(
      'select count(*) as messages, sum(seq) as seqs, sum(length(text)) as characters from messages',
    );
    const schema = (await database.raw('select name, sql from sqlite_schema order by name')) as unknown;
    const { migrations, epoch } = inspect(`${folder}/chataway.sqlite`);
    return { ...rows[0], migrations, epoch, schema: JSON.stringify(schema) };
  } finally {
    await database.destroy();
  }
}
