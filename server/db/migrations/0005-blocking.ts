import type { Knex } from 'knex';

/**
 * Messages that only their sender sees, because the other had blocked them. So each member has an end of the conversation
 * of its own, and the conversation's `last_seq` only gives out the next number.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('messages', (table) => {
    table.boolean('sender_only').notNullable().defaultTo(false);
  });
  await knex.schema.alterTable('conversation_members', (table) => {
    table.integer('last_seq').notNullable().defaultTo(0);
    table.integer('last_message_at');
  });
  await knex.raw(
    `update conversation_members set (last_seq, last_message_at) =
       (select last_seq, last_message_at from conversations where id = conversation_id)`,
  );
  await knex.raw('alter table conversations drop column last_message_at');
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.alterTable('conversations', (table) => {
    table.integer('last_message_at');
  });
  await knex.raw(
    `update conversations set last_message_at =
       (select max(last_message_at) from conversation_members where conversation_id = conversations.id)`,
  );
  for (const column of ['last_seq', 'last_message_at']) {
    await knex.raw('alter table conversation_members drop column ??', [column]);
  }
  await knex.raw('alter table messages drop column sender_only');
}
