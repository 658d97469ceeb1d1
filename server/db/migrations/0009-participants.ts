import type { Knex } from 'knex';

const COLUMNS = `call_id, account_id, role, state, device, tab, session, deadline, socket, media,
                 in_another_call, hidden`;

/** A random UUID (RFC 9562, version 4). */
const UUID = `lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
  || '-' || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))`;

/** Legs have the id of their participant, so that an account may have several in one call. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('participant_legs', (table) => {
    // The default is for rows of a version that had none, which this migration and a restore carry over.
    table
      .text('participant_id')
      .notNullable()
      .primary()
      .defaultTo(knex.raw(`(${UUID})`));
    table.text('call_id').notNullable().references('calls.id').onDelete('CASCADE');
    table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
    addColumns(table);
  });
  await knex.raw(`insert into participant_legs (${COLUMNS}) select ${COLUMNS} from call_legs order by rowid`);
  await replaceLegs(knex, 'participant_legs');
  await knex.raw('create index call_legs_call_id_index on call_legs (call_id)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.createTable('account_legs', (table) => {
    table.text('call_id').notNullable().references('calls.id').onDelete('CASCADE');
    table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
    addColumns(table);
    table.primary(['call_id', 'account_id']);
  });
  // Of an account's legs in one call, the one that is not over.
  await knex.raw(
    `insert or ignore into account_legs (${COLUMNS})
       select ${COLUMNS} from call_legs order by state = 'left', rowid desc`,
  );
  await replaceLegs(knex, 'account_legs');
}

function addColumns(table: Knex.CreateTableBuilder): void {
  table.text('role').notNullable();
  table.text('state').notNullable();
  table.text('device');
  table.text('tab');
  table.text('session');
  table.integer('deadline');
  for (const flag of ['socket', 'media', 'in_another_call', 'hidden']) {
    table.boolean(flag).notNullable().defaultTo(false);
  }
}

async function replaceLegs(knex: Knex, by: string): Promise<void> {
  await knex.schema.dropTable('call_legs');
  await knex.schema.renameTable(by, 'call_legs');
  await knex.raw('create index call_legs_account_id_role_index on call_legs (account_id, role)');
  // At most one call that an account is in, calling or answered.
  await knex.raw(
    `create unique index call_legs_engaged on call_legs (account_id)
       where state in ('waiting', 'connecting', 'active', 'reconnecting')`,
  );
}
