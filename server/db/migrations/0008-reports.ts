import type { Knex } from 'knex';

/** What people report to the admins, with copies of the messages that they chose. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('reports', (table) => {
    table.text('id').primary();
    // Null once the reporter's account is deleted.
    table.text('reporter_id').references('accounts.id').onDelete('SET NULL').index();
    table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE').index();
    table.text('note').notNullable();
    table.integer('created_at').notNullable();
    table.integer('closed_at');
    // Null where the operator closed it at the command line.
    table.text('closed_by').references('accounts.id').onDelete('SET NULL');
    table.index(['created_at', 'id']);
  });

  await knex.schema.createTable('report_messages', (table) => {
    table.text('report_id').notNullable().references('reports.id').onDelete('CASCADE');
    table.integer('seq').notNullable();
    table.text('text').notNullable();
    table.integer('sent_at').notNullable();
    table.primary(['report_id', 'seq']);
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['report_messages', 'reports']) await knex.schema.dropTable(table);
}
