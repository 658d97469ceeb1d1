import type { Knex } from 'knex';
import { z } from 'zod';
import { skeletonsOf } from '../../accounts/skeleton.ts';

const accounts = z.array(z.object({ id: z.string(), username: z.string() }));

/** What usernames look like, so that a new one that looks like another can be refused. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('username_skeletons', (table) => {
    table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
    // Not unique: accounts from before this rule keep their names, also where two look alike.
    table.text('skeleton').notNullable().index();
    table.primary(['account_id', 'skeleton']);
  });
  const rows = accounts.parse(await knex('accounts').select('id', 'username').whereNull('deleted_at'));
  for (const { id, username } of rows) {
    const skeletons = skeletonsOf(username).map((skeleton) => ({ account_id: id, skeleton }));
    await knex('username_skeletons').insert(skeletons);
  }
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('username_skeletons');
}
