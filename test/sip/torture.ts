/**
 * What the engine does with each message of RFC 4475 from a trusted caller: the status that it answers,
 * `invited` when a call begins, `message` for one that is told, `stray` for a good response that nobody waits for, `malformed` for one
 * that is dropped.
 */
export type TortureOutcome = number | 'invited' | 'message' | 'stray' | 'malformed'

export interface TortureCase {
  readonly file: string
  /** Section of RFC 4475. */
  readonly section: string
  readonly outcome: TortureOutcome
  readonly why: string
}

function torture(file: string, section: string, outcome: TortureOutcome, why: string): TortureCase {
  return { file, section, outcome, why }
}

export const tortureCases: readonly TortureCase[] = [
  torture('wsinv', '3.1.1.1', 481, 'well-formed; its To tag names no dialog of ours'),
  torture('intmeth', '3.1.1.2', 405, 'well-formed, a method that we do not know'),
  torture('esc01', '3.1.1.3', 'invited', 'escapes in URIs stay as they are'),
  torture('escnull', '3.1.1.4', 200, 'well-formed REGISTER'),
  torture('esc02', '3.1.1.5', 405, 'percent signs in a method are no escapes'),
  torture('lwsdisp', '3.1.1.6', 200, 'no space before <'),
  torture('longreq', '3.1.1.7', 'invited', 'long values'),
  torture('dblreq', '3.1.1.8', 200, 'bytes after the body of a datagram are ignored'),
  torture('semiuri', '3.1.1.9', 200, 'semicolon in the user part'),
  torture('transports', '3.1.1.10', 200, 'unknown transports in Via'),
  torture('mpart01', '3.1.1.11', 'message', 'well-formed MESSAGE'),
  torture('unreason', '3.1.1.12', 'stray', 'any UTF-8 reason'),
  torture('noreason', '3.1.1.13', 'stray', 'an empty reason'),
  torture('badinv01', '3.1.2.1', 400, 'stray separators in Via and Contact'),
  torture('clerr', '3.1.2.2', 400, 'Content-Length beyond the datagram'),
  torture('ncl', '3.1.2.3', 400, 'negative Content-Length'),
  torture('scalar02', '3.1.2.4', 400, 'CSeq and Max-Forwards out of range'),
  torture('scalarlg', '3.1.2.5', 'malformed', 'CSeq of a response out of range'),
  torture('quotbal', '3.1.2.6', 400, 'quoted string without an end'),
  torture('ltgtruri', '3.1.2.7', 400, 'Request-URI in angle brackets'),
  torture('lwsruri', '3.1.2.8', 400, 'white space in the Request-URI'),
  torture('lwsstart', '3.1.2.9', 400, 'more than one space in the request line'),
  torture('trws', '3.1.2.10', 400, 'spaces at the end of the request line'),
  torture('escruri', '3.1.2.11', 400, 'header fields in the Request-URI'),
  torture('baddate', '3.1.2.12', 'invited', 'Date is of no use to us, as the RFC allows'),
  torture('regbadct', '3.1.2.13', 400, 'Contact with ? outside of angle brackets'),
  torture('badaspec', '3.1.2.14', 400, 'spaces within angle brackets'),
  torture('baddn', '3.1.2.15', 400, 'comma in an unquoted display name'),
  torture('badvers', '3.1.2.16', 505, 'SIP/7.0'),
  torture('mismatch01', '3.1.2.17', 400, 'CSeq names another method'),
  torture('mismatch02', '3.1.2.18', 400, 'CSeq names another method, unknown method'),
  torture('bigcode', '3.1.2.19', 'malformed', 'status out of range'),
  torture('badbranch', '3.2.1', 400, 'branch that is only the magic cookie'),
  torture('insuf', '3.3.1', 400, 'no Call-ID, From or To'),
  torture('unkscm', '3.3.2', 416, 'unknown scheme'),
  torture('novelsc', '3.3.3', 416, 'a scheme of another protocol'),
  torture('unksm2', '3.3.4', 404, 'other schemes in To and From are well-formed'),
  torture('bext01', '3.3.5', 420, 'Require that nobody supports'),
  torture('invut', '3.3.6', 415, 'unknown body'),
  torture('regaut01', '3.3.7', 200, 'unknown Authorization, not needed from a trusted caller'),
  torture('multi01', '3.3.8', 400, 'several Call-IDs, CSeqs, Froms and Tos'),
  torture('mcl01', '3.3.9', 400, 'two Content-Lengths'),
  torture('bcast', '3.3.10', 'malformed', 'a response with the Via of another'),
  torture('zeromf', '3.3.11', 483, 'Max-Forwards 0'),
  torture('cparam01', '3.3.12', 200, 'well-formed REGISTER'),
  torture('cparam02', '3.3.13', 200, 'well-formed REGISTER'),
  torture('regescrt', '3.3.14', 200, 'well-formed REGISTER'),
  torture('sdp01', '3.3.15', 406, 'Accept without SDP'),
  torture('inv2543', '3.4.1', 'invited', 'an INVITE of RFC 2543'),
]
