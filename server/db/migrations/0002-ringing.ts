import type { Knex } from 'knex';

/** For whom devices ring, blocked people, and calls as entries of conversations. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('call_settings', (table) => {
    table.text('account_id').primary().references('accounts.id').onDelete('CASCADE');
    // The whole object of protocol/settings.ts as JSON: it is read and written whole.
    table.text('settings').notNullable();
  });

  await knex.schema.createTable('blocks', (table) => {
    table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
    table.text('blocked_id').notNullable().references('accounts.id').onDelete('CASCADE');
    table.primary(['account_id', 'blocked_id']);
  });

  await knex.schema.alterTable('accounts', (table) => {
    table.integer('calls_seen_at').notNullable().defaultTo(0);
  });
  await knex.schema.alterTable('call_legs', (table) => {
    table.text('session');
    table.boolean('socket').notNullable().defaultTo(false);
    table.boolean('media').notNullable().defaultTo(false);
    table.boolean('in_another_call').notNullable().defaultTo(false);
    table.boolean('hidden').notNullable().defaultTo(false);
    table.index(['account_id', 'role']);
  });
  await knex.schema.alterTable('calls', (table) => {
    table.index(['conversation_id', 'created_at']);
  });
  // A call that is under way while this runs: its tabs come back as after any restart.
  await knex.raw(
    "update call_legs set session = '', socket = (tab is not null), media = (state = 'active') where state <> 'left'",
  );
  await knex.raw('alter table messages add column call_id text references calls (id) on delete cascade');
  await knex.raw('create index messages_calls on messages (conversation_id, seq) where call_id is not null');
  await knex.raw('create index messages_call on messages (call_id) where call_id is not null');
  await knex.raw('create index messages_sender on messages (conversation_id, sender_id, sent_at)');
}

export async function down(knex: Knex): Promise<void> {
  for (const index of ['messages_calls', 'messages_call', 'messages_sender']) {
    await knex.raw('drop index ??', [index]);
  }
  await knex.raw('alter table messages drop column call_id');
  await knex.schema.alterTable('calls', (table) => table.dropIndex(['conversation_id', 'created_at']));
  await knex.schema.alterTable('call_legs', (table) => {
    table.dropIndex(['account_id', 'role']);
  });
  for (const column of ['session', 'socket', 'media', 'in_another_call', 'hidden']) {
    await knex.raw('alter table call_legs drop column ??', [column]);
  }
  await knex.raw('alter table accounts drop column calls_seen_at');
  await knex.schema.dropTable('blocks');
  await knex.schema.dropTable('call_settings');
}
