import Kernel

/// What a domain noticed. The engine decides whether it opens an alarm or counts on one that is open.
package struct AlarmSignal: Sendable {
    /// Name of a declared `AlarmKind`.
    package var kind: String
    /// Owner and area of the alarm, which data scopes read; nil for what belongs to no enterprise.
    package var org: Int64?
    /// The organisation's name as it was then.
    package var orgName: String
    package var area: String?
    /// `1号门岗`; empty when it is nowhere in particular.
    package var place: String
    /// What repeats are recognised by within kind and organisation: a plate, a gate, a sensor.
    package var subject: String
    /// Plate of the vehicle or number of the machine, for the filter; nil when the alarm is not about one.
    package var plate: String?
    package var occurredAt: Moment
    package var title: String
    /// What was seen, as recorded; kept in canonical form with its SHA-256. `.null` when there is nothing to keep.
    package var facts: JSONValue
    /// Why this is an alarm, one entry a finding, in the order they were checked.
    package var reasons: [AlarmReason]
    package var versions: AlarmVersions
    package var evidence: [EvidenceDraft]
    /// Instead of the kind's own grade.
    package var grade: AlarmGrade?
    /// The record it was seen on, such as (`gatePass`, 4711), so that pages can lead there.
    package var source: AlarmSource?
    /// Names of the kind's `AlarmTrait`s that hold of it.
    package var traits: Set<String>

    package init(
        kind: String, org: Int64?, orgName: String = "", area: String?, place: String = "", subject: String, plate: String? = nil, occurredAt: Moment, title: String,
        facts: JSONValue = .null,
        reasons: [AlarmReason] = [], versions: AlarmVersions = AlarmVersions(), evidence: [EvidenceDraft] = [], grade: AlarmGrade? = nil, source: AlarmSource? = nil,
        traits: Set<String> = []
    ) {
        self.kind = kind
        self.org = org
        self.orgName = orgName
        self.area = area
        self.place = place
        self.subject = subject
        self.plate = plate
        self.occurredAt = occurredAt
        self.title = title
        self.facts = facts
        self.reasons = reasons
        self.versions = versions
        self.evidence = evidence
        self.grade = grade
        self.source = source
        self.traits = traits
    }
}

/// One reason for an alarm: the finding's code, and a sentence that says what was expected and what was there.
package struct AlarmReason: Sendable, Equatable {
    package var code: String
    package var message: String

    package init(_ code: String, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// Under which versions of rule, list and strategy the verdict was given; nil where none was asked.
package struct AlarmVersions: Sendable, Equatable {
    package var rule: Int64?
    package var list: Int64?
    package var strategy: Int64?

    package init(rule: Int64? = nil, list: Int64? = nil, strategy: Int64? = nil) {
        self.rule = rule
        self.list = list
        self.strategy = strategy
    }
}

/// The record an alarm was seen on.
package struct AlarmSource: Sendable, Equatable {
    package var kind: String
    package var id: Int64

    package init(_ kind: String, _ id: Int64) {
        self.kind = kind
        self.id = id
    }
}

/// One piece of evidence that comes with a signal or later.
package enum EvidenceDraft: Sendable, Equatable {
    /// A picture by its SHA-256. One that has not come yet joins by itself, marked late, when it does (`photoArrived`).
    case photo(sha256: String, title: String)
    /// Where the recording is found: camera number and span.
    case video(camera: String, from: Moment, to: Moment, title: String)
    /// A recording that is here, by the SHA-256 of its bytes.
    case clip(sha256: String, title: String)
    /// Recordings of this object may still come; each joins by itself, marked late (`clipArrived`). The reference is the domain's own.
    case recordings(of: String)
    /// A file of the photo store that is not a picture to look at (a clip, a scanned document), by its SHA-256.
    case document(sha256: String, title: String)
    /// Further facts as recorded.
    case facts(JSONValue, title: String)
}

/// What became of a signal.
package enum AlarmOutcome: Sendable, Equatable {
    case opened(Int64)
    case merged(Int64)
    /// A suppression window holds it back; it is only counted there.
    case suppressed(window: Int64)

    /// The alarm's id; 0 where a window held the signal back.
    package var id: Int64 {
        switch self {
        case .opened(let id), .merged(let id): id
        case .suppressed: 0
        }
    }
}
