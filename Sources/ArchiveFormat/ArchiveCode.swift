/// The numbered codes of the Spec (errors.md): stable, one meaning each.
public enum ArchiveCode: UInt16, Sendable, CaseIterable {
    /// E001: no header, head or journal here.
    case notAnArchive = 1
    /// E002: written by a newer major version.
    case newerVersion = 2
    /// E003: a mandatory feature flag is unknown.
    case unknownFeature = 3
    /// E004: no slot opens with this secret.
    case secretDoesNotOpen = 4
    /// E005: the operating system reported an error.
    case inputOutput = 5
    /// E006: the medium cannot be written.
    case readOnly = 6
    /// E007: the medium is full.
    case noSpace = 7
    /// E008: another writer is at work.
    case locked = 8
    /// E009: head or journal changed under a writer.
    case moved = 9
    /// E010: the secret given does not allow this.
    case rightMissing = 10
    /// E011: a slot asks for more memory or passes than allowed.
    case costlySlot = 11
    /// E012: a writer credential does not fit this archive.
    case badCredential = 12
    /// E013: the destination exists.
    case exists = 13
    /// E014: a source vanished, changed while read, or cannot be read.
    case source = 14
    /// E015: a recovery code, key file, identity or recipient is mistyped.
    case badKeyText = 15
    /// E016: the archive is in a state that forbids writing (fork, older than known).
    case behind = 16
    /// E017: what was named is not in the archive.
    case notFound = 17
    /// E018: what was given is over a limit of the format.
    case overLimit = 18
    /// E101: no valid header replica.
    case noHeader = 101
    /// E102: the header is older than the newest commit names.
    case headerOlder = 102
    /// E103: headers of one sequence with different bytes, or another hash than the commit names.
    case headerDiffers = 103
    /// E110: not 16,384 bytes.
    case headerLength = 110
    /// E111: header magic.
    case headerMagic = 111
    /// E112: header crc.
    case headerCrc = 112
    /// E114: reserved bytes, body length, padding.
    case headerFraming = 114
    /// E116: header signature.
    case headerSignature = 116
    /// E117: a root key of small order or not canonical.
    case rootKey = 117
    /// E118: a malformed slot.
    case slot = 118
    /// E201: also indefinite lengths, order of keys, keys twice.
    case cborNotDeterministic = 201
    /// E202: cbor truncated.
    case cborTruncated = 202
    /// E203: bytes left over.
    case cborTrailing = 203
    /// E204: cbor depth.
    case cborDepth = 204
    /// E205: a length or count over its limit or over what is left.
    case cborLimit = 205
    /// E206: wrong type or value, missing key.
    case cborSchema = 206
    /// E207: an unknown mandatory key.
    case cborUnknownKey = 207
    /// E208: not UTF-8.
    case cborText = 208
    /// E209: tag, float, other simple value.
    case cborUnsupported = 209
    /// E301: record magic.
    case recordMagic = 301
    /// E302: record crc.
    case recordCrc = 302
    /// E303: a field of the record header out of its range.
    case recordField = 303
    /// E304: stored length out of its range.
    case recordLength = 304
    /// E305: it is not the record of this archive, segment or offset.
    case recordPlace = 305
    /// E306: record truncated.
    case recordTruncated = 306
    /// E307: authentication failed.
    case recordSeal = 307
    /// E308: the inner header is malformed.
    case recordInner = 308
    /// E309: padding is not zero.
    case padding = 309
    /// E310: invalid compressed stream.
    case codec = 310
    /// E311: more or fewer bytes than stated.
    case decodedLength = 311
    /// E312: an unknown or unexpected type.
    case recordType = 312
    /// E401: commit signature.
    case commitSignature = 401
    /// E402: malformed, of other root keys, or badly signed; also revocations.
    case certificate = 402
    /// E403: the writer is revoked or lacks the capability.
    case writerVoid = 403
    /// E404: not the previous one plus 1.
    case generation = 404
    /// E405: does not name the hash of the commit before.
    case chain = 405
    /// E406: two valid commits of one generation.
    case fork = 406
    /// E407: no valid head.
    case noHead = 407
    /// E408: a commit is missing or invalid in the journal.
    case journal = 408
    /// E409: the length or padding of a head.
    case headFraming = 409
    /// E410: state root.
    case stateRoot = 410
    /// E411: missing, malformed or of another root.
    case checkpoint = 411
    /// E412: a change that the rules forbid.
    case commitRule = 412
    /// E414: of small order or not canonical.
    case writerKey = 414
    /// E501: a live file is missing.
    case fileMissing = 501
    /// E502: a live file is too short.
    case fileShort = 502
    /// E503: the bytes of a live file are not those committed.
    case fileRoot = 503
    /// E505: a malformed opening record or envelope.
    case envelope = 505
    /// E506: the segment key does not open or does not match its commitment.
    case segmentKey = 506
    /// E507: a pointer blob does not open or is malformed.
    case pointers = 507
    /// E508: malformed, or not the records of the segment.
    case footer = 508
    /// E509: malformed.
    case tableRecord = 509
    /// E601: no place holds a good copy.
    case objectMissing = 601
    /// E602: the bytes do not have this id.
    case objectId = 602
    /// E603: does not fit its bytes.
    case recipe = 603
    /// E604: unknown step.
    case recipeCode = 604
    /// E606: rebuilding exceeds the stated size.
    case overSize = 606
    /// E607: a group or index is malformed, or an entry points outside.
    case objectLayout = 607
    /// E608: an imported file cannot be made again as it was.
    case original = 608
    /// W701: a replica of the header is absent, invalid or older.
    case headerReplica = 701
    /// W702: the header is newer than the newest commit names.
    case headerNewer = 702
    /// W703: the journal goes on beyond the heads: a crash, or an unfinished sync.
    case headBehind = 703
    /// W704: the other head is torn, absent or older.
    case headSpare = 704
    /// W705: the copy of a commit in its segment is damaged.
    case commitSpare = 705
    /// W706: bytes behind a committed length.
    case debrisBehind = 706
    /// W707: a numbered file that no commit names.
    case debrisFile = 707
    /// W708: bytes in the journal that are no commit.
    case debrisJournal = 708
    /// W709: README.TXT or SPEC.md is absent or not what the header names.
    case readme = 709
    /// W710: a file that is not part of the format.
    case unknownFile = 710
    /// W711: a `.new` or `.bad` file.
    case unfinished = 711
    /// W714: a record type that may be ignored.
    case unknownType = 714

    /// Whether this is a warning (W) and no damage or hindrance (E).
    public var isWarning: Bool { rawValue >= 700 }

    /// The code as the Spec writes it, as in `E503` or `W701`.
    public var text: String {
        var digits: [UInt8] = [isWarning ? 0x57 : 0x45]
        digits.append(0x30 + UInt8(rawValue / 100))
        digits.append(0x30 + UInt8(rawValue / 10 % 10))
        digits.append(0x30 + UInt8(rawValue % 10))
        return String(decoding: digits, as: UTF8.self)
    }
}

extension ArchiveCode {
    /// The short name of the code in the Spec.
    public var name: String {
        switch self {
        case .notAnArchive: "not-an-archive"
        case .newerVersion: "newer-version"
        case .unknownFeature: "unknown-feature"
        case .secretDoesNotOpen: "secret-does-not-open"
        case .inputOutput: "io"
        case .readOnly: "read-only"
        case .noSpace: "no-space"
        case .locked: "locked"
        case .moved: "moved"
        case .rightMissing: "right-missing"
        case .costlySlot: "costly-slot"
        case .badCredential: "bad-credential"
        case .exists: "exists"
        case .source: "source"
        case .badKeyText: "bad-key-text"
        case .behind: "behind"
        case .notFound: "not-found"
        case .overLimit: "over-limit"
        case .noHeader: "no-header"
        case .headerOlder: "header-older"
        case .headerDiffers: "header-differs"
        case .headerLength: "header-length"
        case .headerMagic: "header-magic"
        case .headerCrc: "header-crc"
        case .headerFraming: "header-framing"
        case .headerSignature: "header-signature"
        case .rootKey: "root-key"
        case .slot: "slot"
        case .cborNotDeterministic: "cbor-not-deterministic"
        case .cborTruncated: "cbor-truncated"
        case .cborTrailing: "cbor-trailing"
        case .cborDepth: "cbor-depth"
        case .cborLimit: "cbor-limit"
        case .cborSchema: "cbor-schema"
        case .cborUnknownKey: "cbor-unknown-key"
        case .cborText: "cbor-text"
        case .cborUnsupported: "cbor-unsupported"
        case .recordMagic: "record-magic"
        case .recordCrc: "record-crc"
        case .recordField: "record-field"
        case .recordLength: "record-length"
        case .recordPlace: "record-place"
        case .recordTruncated: "record-truncated"
        case .recordSeal: "record-seal"
        case .recordInner: "record-inner"
        case .padding: "padding"
        case .codec: "codec"
        case .decodedLength: "decoded-length"
        case .recordType: "record-type"
        case .commitSignature: "commit-signature"
        case .certificate: "certificate"
        case .writerVoid: "writer-void"
        case .generation: "generation"
        case .chain: "chain"
        case .fork: "fork"
        case .noHead: "no-head"
        case .journal: "journal"
        case .headFraming: "head-framing"
        case .stateRoot: "state-root"
        case .checkpoint: "checkpoint"
        case .commitRule: "commit-rule"
        case .writerKey: "writer-key"
        case .fileMissing: "file-missing"
        case .fileShort: "file-short"
        case .fileRoot: "file-root"
        case .envelope: "envelope"
        case .segmentKey: "segment-key"
        case .pointers: "pointers"
        case .footer: "footer"
        case .tableRecord: "table-record"
        case .objectMissing: "object-missing"
        case .objectId: "object-id"
        case .recipe: "recipe"
        case .recipeCode: "recipe-code"
        case .overSize: "over-size"
        case .objectLayout: "object-layout"
        case .original: "original"
        case .headerReplica: "header-replica"
        case .headerNewer: "header-newer"
        case .headBehind: "head-behind"
        case .headSpare: "head-spare"
        case .commitSpare: "commit-spare"
        case .debrisBehind: "debris-behind"
        case .debrisFile: "debris-file"
        case .debrisJournal: "debris-journal"
        case .readme: "readme"
        case .unknownFile: "unknown-file"
        case .unfinished: "unfinished"
        case .unknownType: "unknown-type"
        }
    }
}

extension ArchiveCode {
    /// What the code means, in words.
    public var meaning: String {
        switch self {
        case .notAnArchive: "no header, head or journal here"
        case .newerVersion: "written by a newer major version"
        case .unknownFeature: "a mandatory feature flag is unknown"
        case .secretDoesNotOpen: "no slot opens with this secret"
        case .inputOutput: "the operating system reported an error"
        case .readOnly: "the medium cannot be written"
        case .noSpace: "the medium is full"
        case .locked: "another writer is at work"
        case .moved: "head or journal changed under a writer"
        case .rightMissing: "the secret given does not allow this"
        case .costlySlot: "a slot asks for more memory or passes than allowed"
        case .badCredential: "a writer credential does not fit this archive"
        case .exists: "the destination exists"
        case .source: "a source vanished, changed while read, or cannot be read"
        case .badKeyText: "a recovery code, key file, identity or recipient is mistyped"
        case .behind: "the archive is in a state that forbids writing (fork, older than known)"
        case .notFound: "what was named is not in the archive"
        case .overLimit: "what was given is over a limit of the format"
        case .noHeader: "no valid header replica"
        case .headerOlder: "the header is older than the newest commit names"
        case .headerDiffers: "headers of one sequence with different bytes, or another hash than the commit names"
        case .headerLength: "not 16,384 bytes"
        case .headerFraming: "reserved bytes, body length, padding"
        case .rootKey: "a root key of small order or not canonical"
        case .slot: "a malformed slot"
        case .cborNotDeterministic: "also indefinite lengths, order of keys, keys twice"
        case .cborTrailing: "bytes left over"
        case .cborLimit: "a length or count over its limit or over what is left"
        case .cborSchema: "wrong type or value, missing key"
        case .cborUnknownKey: "an unknown mandatory key"
        case .cborText: "not UTF-8"
        case .cborUnsupported: "tag, float, other simple value"
        case .recordField: "a field of the record header out of its range"
        case .recordLength: "stored length out of its range"
        case .recordPlace: "it is not the record of this archive, segment or offset"
        case .recordSeal: "authentication failed"
        case .recordInner: "the inner header is malformed"
        case .padding: "padding is not zero"
        case .codec: "invalid compressed stream"
        case .decodedLength: "more or fewer bytes than stated"
        case .recordType: "an unknown or unexpected type"
        case .certificate: "malformed, of other root keys, or badly signed; also revocations"
        case .writerVoid: "the writer is revoked or lacks the capability"
        case .generation: "not the previous one plus 1"
        case .chain: "does not name the hash of the commit before"
        case .fork: "two valid commits of one generation"
        case .noHead: "no valid head"
        case .journal: "a commit is missing or invalid in the journal"
        case .headFraming: "the length or padding of a head"
        case .checkpoint: "missing, malformed or of another root"
        case .commitRule: "a change that the rules forbid"
        case .writerKey: "of small order or not canonical"
        case .fileMissing: "a live file is missing"
        case .fileShort: "a live file is too short"
        case .fileRoot: "the bytes of a live file are not those committed"
        case .envelope: "a malformed opening record or envelope"
        case .segmentKey: "the segment key does not open or does not match its commitment"
        case .pointers: "a pointer blob does not open or is malformed"
        case .footer: "malformed, or not the records of the segment"
        case .tableRecord: "malformed"
        case .objectMissing: "no place holds a good copy"
        case .objectId: "the bytes do not have this id"
        case .recipe: "does not fit its bytes"
        case .recipeCode: "unknown step"
        case .overSize: "rebuilding exceeds the stated size"
        case .objectLayout: "a group or index is malformed, or an entry points outside"
        case .original: "an imported file cannot be made again as it was"
        case .headerReplica: "a replica of the header is absent, invalid or older"
        case .headerNewer: "the header is newer than the newest commit names"
        case .headBehind: "the journal goes on beyond the heads: a crash, or an unfinished sync"
        case .headSpare: "the other head is torn, absent or older"
        case .commitSpare: "the copy of a commit in its segment is damaged"
        case .debrisBehind: "bytes behind a committed length"
        case .debrisFile: "a numbered file that no commit names"
        case .debrisJournal: "bytes in the journal that are no commit"
        case .readme: "README.TXT or SPEC.md is absent or not what the header names"
        case .unknownFile: "a file that is not part of the format"
        case .unfinished: "a `.new` or `.bad` file"
        case .unknownType: "a record type that may be ignored"
        default: name
        }
    }
}

extension ArchiveCode {
    /// What the user can do; empty where there is nothing but what the report says.
    public var hint: String {
        switch self {
        case .notAnArchive: "check the path"
        case .newerVersion: "use a newer reader"
        case .unknownFeature: "use a newer reader"
        case .secretDoesNotOpen: "try another passphrase, key or the recovery code"
        case .inputOutput: "check drive and cable; nothing was changed"
        case .readOnly: "reading works; copy the archive to write"
        case .noSpace: "free space; what was committed stays"
        case .locked: "wait for it"
        case .moved: "somebody else writes; start again"
        case .rightMissing: "use one with all rights"
        case .costlySlot: "raise the caps if you trust the archive"
        case .badCredential: "make a new one"
        case .exists: "choose another name"
        case .source: "import it again"
        case .badKeyText: "check the words"
        case .behind: "see the report"
        case .notFound: "`list`, `imports list`, `key list` and `writer list` show what there is"
        case .overLimit: "give a shorter name, or fewer"
        case .noHeader: "repair; the recovery code opens it still"
        case .headerOlder: "take the header of another replica"
        case .headerDiffers: "take the header of another replica"
        case .fork: "import one replica into the other"
        case .noHead: "the next writer writes it again"
        case .journal: "repair"
        case .checkpoint: "repair"
        case .fileMissing: "repair from a replica"
        case .fileShort: "repair from parity or a replica"
        case .fileRoot: "repair from parity or a replica"
        case .recipeCode: "use a newer reader"
        case .headerReplica: "the next writer mends it"
        case .headerNewer: "the next writer commits it"
        case .headBehind: "the next writer mends it"
        case .headSpare: "the next writer mends it"
        case .commitSpare: "repair"
        case .debrisBehind: "the next writer closes it"
        case .debrisFile: "the next writer closes it"
        case .debrisJournal: "the next writer lists it"
        case .readme: "take it from another replica"
        case .unfinished: "the next writer mends it"
        default: ""
        }
    }
}
