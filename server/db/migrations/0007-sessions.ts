import type { Knex } from 'knex';

/** Why a session ended, and what its browser has still to be told. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('sessions', (table) => {
    // Null where the person signed out, or where it expired.
    table.text('end_reason');
    // When another session changed the email address. Null once this one was told.
    table.integer('email_changed_at');
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const column of ['email_changed_at', 'end_reason'])
    await knex.raw(`alter table sessions drop column ${column}`);
}
