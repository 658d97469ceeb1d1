import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';

/** What operators need: who may sign up, invitations, the audit log, deleted accounts, and the database's epoch. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('server_state', (table) => {
    table.integer('id').primary().checkIn(['1']);
    // Changed by a restore: numbers of messages may then be given out a second time, and clients must forget theirs.
    table.text('epoch').notNullable();
    // Null until an admin decides: then the setting REGISTRATION counts.
    table.text('registration');
  });
  await knex('server_state').insert({ id: 1, epoch: randomUUID() });

  await knex.schema.createTable('invitations', (table) => {
    table.text('id').primary();
    table.text('token_hash').notNullable().unique();
    // Null where the operator made it at the command line.
    table.text('created_by').references('accounts.id').onDelete('SET NULL');
    table.integer('created_at').notNullable();
    table.integer('expires_at').notNullable();
    table.integer('used_at');
    table.text('used_by').references('accounts.id').onDelete('SET NULL');
    table.integer('revoked_at');
  });

  await knex.schema.createTable('audit_log', (table) => {
    table.increments('id');
    table.integer('at').notNullable();
    // No references: an entry outlives whom it is about, and names them as they were called then. No actor is the operator.
    table.text('actor');
    table.text('actor_name');
    table.text('action').notNullable();
    table.text('subject');
    table.text('subject_name');
    table.text('details').notNullable();
    table.index(['subject']);
  });

  await knex.schema.alterTable('accounts', (table) => {
    // The row of a deleted account stays for the conversations of others, without a name and an address.
    table.integer('deleted_at');
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table accounts drop column deleted_at');
  for (const table of ['audit_log', 'invitations', 'server_state']) await knex.schema.dropTable(table);
}
