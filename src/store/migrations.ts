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
  [
    `CREATE TABLE sip_domains (
      sid TEXT PRIMARY KEY, account_sid TEXT NOT NULL, domain_name TEXT NOT NULL UNIQUE,
      friendly_name TEXT NOT NULL, voice_url TEXT NOT NULL, voice_method TEXT NOT NULL,
      voice_fallback_url TEXT NOT NULL, voice_fallback_method TEXT NOT NULL,
      voice_status_callback_url TEXT NOT NULL, voice_status_callback_method TEXT NOT NULL,
      sip_registration INTEGER NOT NULL, secure INTEGER NOT NULL, extras TEXT NOT NULL,
      created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL)`,
    'CREATE INDEX sip_domains_of_account ON sip_domains (account_sid, created_ms, sid)',
    `CREATE TABLE sip_credential_lists (
      sid TEXT PRIMARY KEY, account_sid TEXT NOT NULL, friendly_name TEXT NOT NULL,
      created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL, UNIQUE (account_sid, friendly_name))`,
    `CREATE INDEX sip_credential_lists_of_account
      ON sip_credential_lists (account_sid, created_ms, sid)`,
    `CREATE TABLE sip_credentials (
      sid TEXT PRIMARY KEY, account_sid TEXT NOT NULL, list_sid TEXT NOT NULL,
      username TEXT NOT NULL, realm TEXT NOT NULL, ha1 TEXT NOT NULL,
      created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL, UNIQUE (list_sid, username))`,
    'CREATE INDEX sip_credentials_of_list ON sip_credentials (list_sid, created_ms, sid)',
    `CREATE TABLE sip_ip_access_control_lists (
      sid TEXT PRIMARY KEY, account_sid TEXT NOT NULL, friendly_name TEXT NOT NULL,
      created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL, UNIQUE (account_sid, friendly_name))`,
    `CREATE INDEX sip_ip_access_control_lists_of_account
      ON sip_ip_access_control_lists (account_sid, created_ms, sid)`,
    `CREATE TABLE sip_ip_addresses (
      sid TEXT PRIMARY KEY, account_sid TEXT NOT NULL, list_sid TEXT NOT NULL,
      friendly_name TEXT NOT NULL, ip_address TEXT NOT NULL, cidr_prefix_length INTEGER NOT NULL,
      created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL)`,
    'CREATE INDEX sip_ip_addresses_of_list ON sip_ip_addresses (list_sid, created_ms, sid)',
    `CREATE TABLE sip_mappings (
      domain_sid TEXT NOT NULL, purpose TEXT NOT NULL, sid TEXT NOT NULL, account_sid TEXT NOT NULL,
      created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL,
      PRIMARY KEY (domain_sid, purpose, sid))`,
    'CREATE INDEX sip_mappings_of_list ON sip_mappings (sid)',
    `CREATE TABLE sip_mailboxes (
      address_of_record TEXT PRIMARY KEY, domain_name TEXT NOT NULL, new_messages INTEGER NOT NULL,
      old_messages INTEGER NOT NULL, updated_ms BIGINT NOT NULL)`,
    'CREATE INDEX sip_mailboxes_of_domain ON sip_mailboxes (domain_name)',
  ],
  [
    `CREATE TABLE customer_trunks (
      sid TEXT PRIMARY KEY, account_sid TEXT NOT NULL, domain_name TEXT UNIQUE,
      friendly_name TEXT NOT NULL, disaster_recovery_url TEXT NOT NULL,
      disaster_recovery_method TEXT NOT NULL, transfer_mode TEXT NOT NULL,
      transfer_caller_id TEXT NOT NULL, secure INTEGER NOT NULL,
      cnam_lookup_enabled INTEGER NOT NULL, recording_mode TEXT NOT NULL,
      recording_trim TEXT NOT NULL, created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL)`,
    'CREATE INDEX customer_trunks_of_account ON customer_trunks (account_sid, created_ms, sid)',
    `CREATE TABLE origination_urls (
      sid TEXT PRIMARY KEY, account_sid TEXT NOT NULL, trunk_sid TEXT NOT NULL,
      friendly_name TEXT NOT NULL, sip_url TEXT NOT NULL, priority INTEGER NOT NULL,
      weight INTEGER NOT NULL, enabled INTEGER NOT NULL,
      created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL)`,
    'CREATE INDEX origination_urls_of_trunk ON origination_urls (trunk_sid, created_ms, sid)',
    'ALTER TABLE incoming_phone_numbers ADD COLUMN trunk_sid TEXT',
    `CREATE INDEX numbers_of_trunk ON incoming_phone_numbers (trunk_sid, created_ms, sid)
      WHERE trunk_sid IS NOT NULL`,
  ],
  [
    `CREATE TABLE conferences (
      sid TEXT PRIMARY KEY, account_sid TEXT NOT NULL, friendly_name TEXT NOT NULL,
      status TEXT NOT NULL, reason_ended TEXT, call_sid_ending TEXT, settings TEXT NOT NULL,
      created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL)`,
    'CREATE INDEX conferences_of_account ON conferences (account_sid, created_ms, sid)',
    `CREATE INDEX conferences_open ON conferences (status)
      WHERE status IN ('init', 'in-progress')`,
    'ALTER TABLE recordings ADD COLUMN conference_sid TEXT',
    `CREATE INDEX recordings_of_conference ON recordings (conference_sid, created_ms, sid)
      WHERE conference_sid IS NOT NULL`,
  ],
  [
    `CREATE TABLE call_events (
      sid TEXT NOT NULL, call_sid TEXT NOT NULL, event TEXT NOT NULL, created_ms BIGINT NOT NULL)`,
    'CREATE INDEX call_events_of_call ON call_events (call_sid, created_ms, sid)',
  ],
  [
    `CREATE TABLE queues (
      sid TEXT PRIMARY KEY, account_sid TEXT NOT NULL, friendly_name TEXT NOT NULL,
      size_max INTEGER NOT NULL, created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL,
      UNIQUE (account_sid, friendly_name))`,
    'CREATE INDEX queues_of_account ON queues (account_sid, created_ms, sid)',
  ],
  [
    `CREATE TABLE applications (
      sid TEXT PRIMARY KEY, account_sid TEXT NOT NULL, friendly_name TEXT NOT NULL,
      voice_url TEXT NOT NULL, voice_method TEXT NOT NULL, voice_fallback_url TEXT NOT NULL,
      voice_fallback_method TEXT NOT NULL, status_callback TEXT NOT NULL,
      status_callback_method TEXT NOT NULL, extras TEXT NOT NULL,
      created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL)`,
    'CREATE INDEX applications_of_account ON applications (account_sid, created_ms, sid)',
  ],
  [
    `CREATE TABLE messages (
      sid TEXT PRIMARY KEY, account_sid TEXT NOT NULL, direction TEXT NOT NULL, "from" TEXT,
      "to" TEXT NOT NULL, messaging_service_sid TEXT, body TEXT NOT NULL, media_urls TEXT NOT NULL,
      segments INTEGER NOT NULL, status_callback TEXT, send_ms BIGINT, sent_ms BIGINT,
      status TEXT NOT NULL, error_code INTEGER, error_message TEXT,
      created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL)`,
    'CREATE INDEX messages_of_account ON messages (account_sid, created_ms, sid)',
    `CREATE INDEX messages_waiting ON messages (created_ms)
      WHERE status IN ('queued', 'scheduled')`,
  ],
  [
    `CREATE TABLE outgoing_caller_ids (
      sid TEXT PRIMARY KEY, account_sid TEXT NOT NULL, phone_number TEXT NOT NULL,
      friendly_name TEXT NOT NULL, created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL,
      UNIQUE (account_sid, phone_number))`,
    `CREATE INDEX outgoing_caller_ids_of_account
      ON outgoing_caller_ids (account_sid, created_ms, sid)`,
  ],
  [
    `CREATE TABLE webhook_options (
      sid TEXT PRIMARY KEY, account_sid TEXT NOT NULL, target TEXT NOT NULL,
      mirror_urls TEXT NOT NULL, state_in TEXT NOT NULL, withhold TEXT NOT NULL,
      created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL, UNIQUE (account_sid, target))`,
    'CREATE INDEX webhook_options_of_account ON webhook_options (account_sid, created_ms, sid)',
  ],
  [
    "ALTER TABLE messages ADD COLUMN content_retention TEXT NOT NULL DEFAULT 'retain'",
    "ALTER TABLE messages ADD COLUMN address_retention TEXT NOT NULL DEFAULT 'retain'",
    'ALTER TABLE messages ADD COLUMN feedback_outcome TEXT',
    'ALTER TABLE messages ADD COLUMN feedback_created_ms BIGINT',
    'ALTER TABLE messages ADD COLUMN feedback_updated_ms BIGINT',
  ],
]
