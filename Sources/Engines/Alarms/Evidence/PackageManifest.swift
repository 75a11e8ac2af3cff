import Cryptography
import Kernel

/// What an evidence package says of itself: `manifest.json`.
///
///     {"format":"jianwei-evidence/1", "alarm":{…}, "versions":{…}, "chainRoot":…, "chainHead":…, "evidence":[{…}], "awaited":[…], "files":[{path, bytes, sha256}], "exportedBy":…, "exportedAt":…}
struct PackageManifest {
    static let format = "jianwei-evidence/1"
    static let path = "manifest.json"
    /// Lowercase SHA-256 of `manifest.json`, in a file of its own; also in the platform's audit chain.
    static let digestPath = "manifest.sha256"

    struct File: Equatable {
        var path: String
        var bytes: Int
        var sha256: String
    }

    var subject: EvidencePackage.Subject
    var files: [File]
    /// Path of each evidence item's file, by its place in the chain; nil where the file could not be read.
    var paths: [Int: String]
    var exportedBy: Exporter
    var exportedAt: Moment

    struct Exporter: Sendable {
        var name: String
        var login: String
        var organisation: String
    }

    var json: JSONValue {
        let alarm = subject.alarm
        return [
            "format": .string(Self.format), "alarm": alarmJSON,
            "versions": ["rule": JSONValue(alarm.versions.rule), "list": JSONValue(alarm.versions.list), "strategy": JSONValue(alarm.versions.strategy)],
            "chainRoot": .string(EvidenceChain.root(of: alarm.number)), "chainHead": .string(alarm.chainHead), "evidence": .array(subject.items.map(itemJSON)),
            "awaited": .array(subject.awaited.map { ["sha256": .string($0.sha256), "title": .string($0.title), "since": .string($0.since.rfc3339)] }),
            "files": .array(files.map { ["path": .string($0.path), "bytes": .int(Int64($0.bytes)), "sha256": .string($0.sha256)] }),
            "exportedBy": ["name": .string(exportedBy.name), "login": .string(exportedBy.login), "organisation": .string(exportedBy.organisation)],
            "exportedAt": .string(exportedAt.rfc3339),
        ]
    }

    private var alarmJSON: JSONValue {
        let alarm = subject.alarm
        let members: [(name: String, value: JSONValue)] = [
            ("number", .string(alarm.number)), ("kind", .string(alarm.kind)), ("kindTitle", .string(subject.kindTitle)), ("grade", .int(Int64(alarm.grade.rawValue))),
            ("gradeTitle", .string(alarm.grade.title)), ("state", .string(alarm.state.rawValue)), ("stateTitle", .string(alarm.state.title)), ("title", .string(alarm.title)),
            ("organisation", .string(alarm.orgName)), ("area", JSONValue(alarm.area)), ("place", .string(alarm.place)), ("subject", .string(alarm.subject)),
            ("plate", JSONValue(alarm.plate)),
            ("occurredAt", .string(alarm.occurredAt.rfc3339)), ("lastAt", .string(alarm.lastAt.rfc3339)), ("times", .int(Int64(alarm.times))),
            ("raisedAt", .string(alarm.raisedAt.rfc3339)),
            ("reasons", AlarmReason.json(alarm.reasons)), ("handler", JSONValue(alarm.handlerName)), ("opinion", JSONValue(alarm.opinion)),
        ]
        return .object(JSONObject(members))
    }

    private func itemJSON(_ item: EvidenceItem) -> JSONValue {
        [
            "seq": .int(Int64(item.seq)), "kind": .string(item.kind.rawValue), "title": .string(item.title), "sha256": .string(item.sha256),
            "occurrence": .int(Int64(item.occurrence)),
            "addedAt": .string(item.addedAt.rfc3339), "addedAtMilliseconds": .int(item.addedAt.milliseconds), "addedBy": .string(item.addedBy), "late": .bool(item.isLate),
            "locked": .bool(item.isLocked), "chainedHash": .string(item.chainedHash), "file": JSONValue(paths[item.seq]),
        ]
    }
}
