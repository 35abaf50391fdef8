/** Each entry is applied once, in order, in a transaction of its own; never change one that has shipped. */
export const migrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE accounts (
      sid TEXT PRIMARY KEY, friendly_name TEXT NOT NULL, status TEXT NOT NULL, type TEXT NOT NULL,
      owner_account_sid TEXT NOT NULL, auth_token TEXT NOT NULL,
      created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL)`,
    `CREATE TABLE incoming_phone_numbers (
      sid TEXT PRIMARY KEY, account_sid TEXT NOT NULL, phone_number TEXT NOT NULL UNIQUE,
      friendly_name TEXT NOT NULL, voice_url TEXT NOT NULL, voice_method TEXT NOT NULL,
      voice_fallback_url TEXT NOT NULL, voice_fallback_method TEXT NOT NULL,
      status_callback TEXT NOT NULL, status_callback_method TEXT NOT NULL, extras TEXT NOT NULL,
      created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL)`,
    'CREATE INDEX numbers_of_account ON incoming_phone_numbers (account_sid, created_ms, sid)',
    `CREATE TABLE calls (
      sid TEXT PRIMARY KEY, account_sid TEXT NOT NULL, parent_call_sid TEXT, phone_number_sid TEXT,
      "from" TEXT NOT NULL, "to" TEXT NOT NULL, status TEXT NOT NULL, direction TEXT NOT NULL,
      start_ms BIGINT, end_ms BIGINT, answered_by TEXT, forwarded_from TEXT, caller_name TEXT,
      settings TEXT NOT NULL, created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL)`,
    'CREATE INDEX calls_of_account ON calls (account_sid, created_ms, sid)',
    'CREATE INDEX calls_of_parent ON calls (parent_call_sid)',
    `CREATE INDEX calls_alive ON calls (status)
      WHERE status IN ('queued', 'initiated', 'ringing', 'in-progress')`,
    `CREATE TABLE recordings (
      sid TEXT PRIMARY KEY, account_sid TEXT NOT NULL, call_sid TEXT NOT NULL, status TEXT NOT NULL,
      channels INTEGER NOT NULL, source TEXT NOT NULL, track TEXT NOT NULL, duration_ms BIGINT,
      start_ms BIGINT NOT NULL, error_code INTEGER,
      created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL)`,
    'CREATE INDEX recordings_of_account ON recordings (account_sid, created_ms, sid)',
    'CREATE INDEX recordings_of_call ON recordings (call_sid)',
    `CREATE TABLE snapshots (
      call_sid TEXT PRIMARY KEY, state TEXT NOT NULL, updated_ms BIGINT NOT NULL)`,
    `CREATE TABLE outbox (
      id TEXT PRIMARY KEY, call_sid TEXT NOT NULL, account_sid TEXT NOT NULL,
      sequence INTEGER NOT NULL, url TEXT NOT NULL, method TEXT NOT NULL, parameters TEXT NOT NULL,
      created_ms BIGINT NOT NULL)`,
    'CREATE INDEX outbox_of_call ON outbox (call_sid, sequence)',
  ],
  [
    `CREATE TABLE sip_bindings (
      address_of_record TEXT NOT NULL, position INTEGER NOT NULL, expires_ms BIGINT NOT NULL,
      binding TEXT NOT NULL, PRIMARY KEY (address_of_record, position))`,
  ],
  [
    `CREATE TABLE gateways (
      sid TEXT PRIMARY KEY, account_sid TEXT, source TEXT NOT NULL, name TEXT NOT NULL,
      prefix TEXT NOT NULL, priority INTEGER NOT NULL, weight INTEGER NOT NULL, uri TEXT NOT NULL,
      username TEXT, password TEXT, strip INTEGER NOT NULL, prepend TEXT NOT NULL,
      calls_max INTEGER, calls_per_second_max DOUBLE PRECISION, register INTEGER NOT NULL,
      expires_s INTEGER NOT NULL, enabled INTEGER NOT NULL,
      created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL)`,
    'CREATE INDEX gateways_by_age ON gateways (created_ms, sid)',
  ],
]
