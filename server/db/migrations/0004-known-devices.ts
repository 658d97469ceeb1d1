import type { Knex } from 'knex';

/** On which devices accounts have signed in, so that strangers cannot lock their owners out. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('known_devices', (table) => {
    table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
    // Of the key in the device's cookie.
    table.text('key_hash').notNullable();
    table.integer('last_used_at').notNullable();
    table.primary(['account_id', 'key_hash']);
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('known_devices');
}
