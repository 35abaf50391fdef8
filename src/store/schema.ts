/** The tables, as the query builder sees them. Times are milliseconds since the Unix epoch. */

export interface AccountRow {
  readonly sid: string
  readonly friendly_name: string
  readonly status: 'active' | 'suspended' | 'closed'
  readonly type: 'Full' | 'Trial'
  readonly owner_account_sid: string
  /** Sealed by SecretBox. */
  readonly auth_token: string
  readonly created_ms: number
  readonly updated_ms: number
}

export interface NumberRow {
  readonly sid: string
  readonly account_sid: string
  /** E.164. */
  readonly phone_number: string
  readonly friendly_name: string
  readonly voice_url: string
  readonly voice_method: string
  readonly voice_fallback_url: string
  readonly voice_fallback_method: string
  readonly status_callback: string
  readonly status_callback_method: string
  /** JSON object: settings that are kept and presented, and have no effect yet. */
  readonly extras: string
  /** The customer's trunk that takes its calls, in the place of the voice URL. */
  readonly trunk_sid: string | null
  readonly created_ms: number
  readonly updated_ms: number
}

export interface CallRow {
  readonly sid: string
  readonly account_sid: string
  readonly parent_call_sid: string | null
  readonly phone_number_sid: string | null
  readonly from: string
  readonly to: string
  readonly status: string
  readonly direction: string
  /** When it was answered. */
  readonly start_ms: number | null
  readonly end_ms: number | null
  readonly answered_by: string | null
  readonly forwarded_from: string | null
  readonly caller_name: string | null
  /** JSON: what the call needs beyond what REST shows (status callback and the like). */
  readonly settings: string
  readonly created_ms: number
  readonly updated_ms: number
}

export interface RecordingRow {
  readonly sid: string
  readonly account_sid: string
  readonly call_sid: string
  readonly status: string
  readonly channels: number
  readonly source: string
  readonly track: string
  readonly duration_ms: number | null
  readonly start_ms: number
  readonly error_code: number | null
  /** Of a recording of a whole conference; null: of a call. */
  readonly conference_sid: string | null
  readonly created_ms: number
  readonly updated_ms: number
}

export interface SnapshotRow {
  readonly call_sid: string
  /** ProgramState as JSON. */
  readonly state: string
  readonly updated_ms: number
}

export interface OutboxRow {
  readonly id: string
  readonly call_sid: string
  readonly account_sid: string
  readonly sequence: number
  readonly url: string
  readonly method: string
  /** JSON: pairs of name and value. */
  readonly parameters: string
  readonly created_ms: number
}

export interface SipBindingRow {
  readonly address_of_record: string
  /** Its place among the bindings of the address. */
  readonly position: number
  readonly expires_ms: number
  /** Binding as JSON, without its times. */
  readonly binding: string
}

export interface GatewayRow {
  readonly sid: string
  /** Null: for all accounts. */
  readonly account_sid: string | null
  /** `settings`: read at the start from DIALPLANE_TRUNKS, and not to be changed by REST. */
  readonly source: 'settings' | 'rest'
  readonly name: string
  readonly prefix: string
  readonly priority: number
  readonly weight: number
  readonly uri: string
  readonly username: string | null
  /** Sealed by SecretBox. */
  readonly password: string | null
  readonly strip: number
  readonly prepend: string
  readonly calls_max: number | null
  readonly calls_per_second_max: number | null
  /** 0 or 1, as `enabled`. */
  readonly register: number
  readonly expires_s: number
  readonly enabled: number
  readonly created_ms: number
  readonly updated_ms: number
}

export interface SipDomainRow {
  readonly sid: string
  readonly account_sid: string
  /** Host name in lower case; in no two domains. */
  readonly domain_name: string
  readonly friendly_name: string
  readonly voice_url: string
  readonly voice_method: string
  readonly voice_fallback_url: string
  readonly voice_fallback_method: string
  readonly voice_status_callback_url: string
  readonly voice_status_callback_method: string
  /** 0 or 1, as `secure`. */
  readonly sip_registration: number
  readonly secure: number
  /** JSON object: settings that are kept and presented, and have no effect yet. */
  readonly extras: string
  readonly created_ms: number
  readonly updated_ms: number
}

/** A CredentialList, or an IpAccessControlList in a table of its own. */
export interface SipListRow {
  readonly sid: string
  readonly account_sid: string
  readonly friendly_name: string
  readonly created_ms: number
  readonly updated_ms: number
}

export interface SipCredentialRow {
  readonly sid: string
  readonly account_sid: string
  readonly list_sid: string
  readonly username: string
  /** Digest realm that `ha1` is for. */
  readonly realm: string
  /** JSON: HA1 by algorithm. Sealed by SecretBox, as it is as good as the password. */
  readonly ha1: string
  readonly created_ms: number
  readonly updated_ms: number
}

export interface SipIpAddressRow {
  readonly sid: string
  readonly account_sid: string
  readonly list_sid: string
  readonly friendly_name: string
  readonly ip_address: string
  /** Bits. */
  readonly cidr_prefix_length: number
  readonly created_ms: number
  readonly updated_ms: number
}

/** A list that says who may use a domain, or a customer's trunk. */
export interface SipMappingRow {
  /** Of the list. */
  readonly sid: string
  /** SD…, or TK… of a trunk. */
  readonly domain_sid: string
  readonly purpose: 'call_credentials' | 'call_addresses' | 'registration_credentials'
  readonly account_sid: string
  readonly created_ms: number
  readonly updated_ms: number
}

export interface SipMailboxRow {
  readonly address_of_record: string
  /** Its part after the @. */
  readonly domain_name: string
  readonly new_messages: number
  readonly old_messages: number
  readonly updated_ms: number
}

/** A trunk to a customer's own PBX. */
export interface CustomerTrunkRow {
  readonly sid: string
  readonly account_sid: string
  /** Host name in lower case, in no two trunks or domains; null: it takes no calls of the PBX. */
  readonly domain_name: string | null
  readonly friendly_name: string
  readonly disaster_recovery_url: string
  readonly disaster_recovery_method: string
  readonly transfer_mode: 'disable-all' | 'enable-all' | 'sip-only'
  readonly transfer_caller_id: 'from-transferee' | 'from-transferor'
  /** 0 or 1, as `cnam_lookup_enabled`. */
  readonly secure: number
  readonly cnam_lookup_enabled: number
  readonly recording_mode:
    | 'do-not-record'
    | 'record-from-ringing'
    | 'record-from-answer'
    | 'record-from-ringing-dual'
    | 'record-from-answer-dual'
  readonly recording_trim: 'trim-silence' | 'do-not-trim'
  readonly created_ms: number
  readonly updated_ms: number
}

/** Where calls to the numbers of a trunk go. */
export interface OriginationUrlRow {
  readonly sid: string
  readonly account_sid: string
  readonly trunk_sid: string
  readonly friendly_name: string
  readonly sip_url: string
  readonly priority: number
  readonly weight: number
  /** 0 or 1. */
  readonly enabled: number
  readonly created_ms: number
  readonly updated_ms: number
}

export interface ConferenceRow {
  readonly sid: string
  readonly account_sid: string
  readonly friendly_name: string
  readonly status: 'init' | 'in-progress' | 'completed'
  readonly reason_ended: string | null
  readonly call_sid_ending: string | null
  /** JSON: what its callbacks need. */
  readonly settings: string
  readonly created_ms: number
  readonly updated_ms: number
}

/** URLs under one sid. */
export interface ApplicationRow {
  readonly sid: string
  readonly account_sid: string
  readonly friendly_name: string
  readonly voice_url: string
  readonly voice_method: string
  readonly voice_fallback_url: string
  readonly voice_fallback_method: string
  readonly status_callback: string
  readonly status_callback_method: string
  /** JSON object: settings that are kept and presented, and have no effect yet. */
  readonly extras: string
  readonly created_ms: number
  readonly updated_ms: number
}

export interface MessageRow {
  readonly sid: string
  readonly account_sid: string
  readonly direction: string
  readonly from: string | null
  readonly to: string
  readonly messaging_service_sid: string | null
  readonly body: string
  /** JSON: a list of URLs; null in the place of one that was deleted. */
  readonly media_urls: string
  readonly segments: number
  readonly status_callback: string | null
  /** When it is to be sent; null: at once. */
  readonly send_ms: number | null
  readonly sent_ms: number | null
  /** retain or discard */
  readonly content_retention: string
  /** retain or obfuscate */
  readonly address_retention: string
  /** confirmed or unconfirmed; null: nobody has told. */
  readonly feedback_outcome: string | null
  readonly feedback_created_ms: number | null
  readonly feedback_updated_ms: number | null
  readonly status: string
  readonly error_code: number | null
  readonly error_message: string | null
  readonly created_ms: number
  readonly updated_ms: number
}

/** How the requests of an account, or of one of its numbers, are sent. */
export interface WebhookOptionsRow {
  readonly sid: string
  readonly account_sid: string
  /** `default`: of the account; else a number, E.164. */
  readonly target: string
  /** JSON: a list of URLs. */
  readonly mirror_urls: string
  /** JSON: a list of `headers` and `query`. */
  readonly state_in: string
  /** JSON: a list of `From` and `Geo`. */
  readonly withhold: string
  readonly created_ms: number
  readonly updated_ms: number
}

export interface QueueRow {
  readonly sid: string
  readonly account_sid: string
  readonly friendly_name: string
  readonly size_max: number
  readonly created_ms: number
  readonly updated_ms: number
}

/** A number of somebody else that an account has shown to be its own. */
export interface OutgoingCallerIdRow {
  readonly sid: string
  readonly account_sid: string
  /** E.164; once in an account. */
  readonly phone_number: string
  readonly friendly_name: string
  readonly created_ms: number
  readonly updated_ms: number
}

export interface CallEventRow {
  /** Grows with time. */
  readonly sid: string
  readonly call_sid: string
  /** CallEvent as JSON. */
  readonly event: string
  readonly created_ms: number
}

/** A webhook exchange of a call, or a fault of a document. */
export interface CallEvent {
  /** Null, as `url`: no request is concerned. */
  readonly method: string | null
  /** Without user info and fragment. */
  readonly url: string | null
  readonly parameters: readonly (readonly [name: string, value: string])[]
  /** HTTP status of the answer; null: there was none. */
  readonly status: number | null
  readonly contentType: string | null
  /** The beginning of the answer, if it was text. */
  readonly body: string | null
  readonly durationMs: number | null
  readonly redirects: number
  readonly tries: number
  readonly isCached: boolean
  readonly errorCode: number | null
  readonly errorMessage: string | null
}

export interface Tables {
  accounts: AccountRow
  incoming_phone_numbers: NumberRow
  calls: CallRow
  recordings: RecordingRow
  snapshots: SnapshotRow
  outbox: OutboxRow
  sip_bindings: SipBindingRow
  gateways: GatewayRow
  sip_domains: SipDomainRow
  sip_credential_lists: SipListRow
  sip_credentials: SipCredentialRow
  sip_ip_access_control_lists: SipListRow
  sip_ip_addresses: SipIpAddressRow
  sip_mappings: SipMappingRow
  sip_mailboxes: SipMailboxRow
  customer_trunks: CustomerTrunkRow
  origination_urls: OriginationUrlRow
  call_events: CallEventRow
  conferences: ConferenceRow
  queues: QueueRow
  messages: MessageRow
  applications: ApplicationRow
  outgoing_caller_ids: OutgoingCallerIdRow
  webhook_options: WebhookOptionsRow
}
