import type { Knex } from 'knex';

/** Times are milliseconds since 1970 by the server's clock; ids are UUIDs. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('accounts', (table) => {
    table.text('id').primary();
    table.text('username').notNullable();
    table.text('username_key').notNullable().unique();
    table.text('email').notNullable();
    table.text('email_key').notNullable().unique();
    table.text('role').notNullable();
    table.text('password_hash').notNullable();
    table.integer('created_at').notNullable();
    table.integer('disabled_at');
  });

  await knex.schema.createTable('sessions', (table) => {
    table.text('key_hash').primary();
    table.text('id').notNullable().unique();
    table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
    table.text('user_agent').notNullable();
    table.text('address').notNullable();
    table.integer('created_at').notNullable();
    table.integer('last_seen_at').notNullable();
    table.integer('expires_at').notNullable().index();
    // Ended sessions stay until they expire: the row is the proof that a late write must not revive them.
    table.integer('ended_at');
    table.index(['account_id']);
  });

  await knex.schema.createTable('conversations', (table) => {
    table.text('id').primary();
    // The two members' ids, sorted and joined, so that a pair has one conversation; null for a group.
    table.text('pair_key').unique();
    table.integer('last_seq').notNullable().defaultTo(0);
    table.integer('last_message_at');
    table.integer('created_at').notNullable();
  });

  await knex.schema.createTable('conversation_members', (table) => {
    table.text('conversation_id').notNullable().references('conversations.id').onDelete('CASCADE');
    table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
    table.integer('read_seq').notNullable().defaultTo(0);
    table.primary(['conversation_id', 'account_id']);
    table.index(['account_id']);
  });

  await knex.schema.createTable('messages', (table) => {
    table.text('conversation_id').notNullable().references('conversations.id').onDelete('CASCADE');
    table.integer('seq').notNullable();
    table.text('id').notNullable();
    table.text('sender_id').notNullable().references('accounts.id').onDelete('CASCADE');
    table.text('text').notNullable();
    table.integer('sent_at').notNullable();
    table.primary(['conversation_id', 'seq']);
    table.unique(['conversation_id', 'sender_id', 'id']);
  });

  await knex.schema.createTable('calls', (table) => {
    table.text('id').primary();
    table.text('conversation_id').notNullable().references('conversations.id').onDelete('CASCADE');
    table.text('kind').notNullable();
    table.integer('version').notNullable();
    table.integer('created_at').notNullable();
    table.integer('alerted_at');
    table.integer('answered_at');
    table.integer('ended_at');
    table.text('end_reason');
    table.text('ended_by');
  });
  // At most one live call a conversation.
  await knex.raw('create unique index calls_live on calls (conversation_id) where ended_at is null');

  await knex.schema.createTable('call_legs', (table) => {
    table.text('call_id').notNullable().references('calls.id').onDelete('CASCADE');
    table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
    table.text('role').notNullable();
    table.text('state').notNullable();
    table.text('device');
    table.text('tab');
    table.integer('deadline');
    table.primary(['call_id', 'account_id']);
  });
  // At most one call an account is in, be it calling or answered.
  await knex.raw(
    "create unique index call_legs_engaged on call_legs (account_id) where state in ('waiting', 'connecting', 'active', 'reconnecting')",
  );
}

export async function down(knex: Knex): Promise<void> {
  for (const table of [
    'call_legs',
    'calls',
    'messages',
    'conversation_members',
    'conversations',
    'sessions',
    'accounts',
  ]) {
    await knex.schema.dropTable(table);
  }
}
