/** What we use of better-sqlite3 13 beside Knex; it comes without types. */
declare module 'better-sqlite3' {
  export interface Statement {
    run(...values: unknown[]): unknown;
    get(...values: unknown[]): unknown;
    all(...values: unknown[]): unknown[];
  }

  export default class Connection {
    constructor(file: string, options?: { readonly?: boolean; fileMustExist?: boolean });
    prepare(sql: string): Statement;
    pragma(text: string): unknown;
    exec(sql: string): unknown;
    /** Lets statements change what SQLite's defensive mode protects. */
    unsafeMode(on: boolean): unknown;
    /** Copies this database into that file, in one transaction of whatever database is there. */
    backup(file: string): Promise<unknown>;
    close(): void;
  }
}
