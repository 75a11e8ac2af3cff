import Exchange
import Hummingbird
import Identity
import Kernel
import Storage
import Web

extension AlarmPages {
    /// `GET /api/v1/alarms`: the same filter words as the page, newest first, `after` and `limit` (1...200) for paging.
    @Sendable
    func apiList(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let filter = AlarmFilter(context.here, now: context.site.clock.now)
        let after = try context.here["after"].map { text -> AlarmCursor in
            guard let cursor = AlarmCursor(text) else { throw Failure.invalid([FieldFinding("after", "format", "不是有效的游标", title: "游标")]) }
            return cursor
        }
        let limit = context.here["limit"].flatMap { Int($0) } ?? 50
        let page = try await database.read { [engine] in try engine.list(filter, after: after, limit: limit, by: principal, in: $0) }
        return .json(["items": .array(page.alarms.map { json($0) }), "next": JSONValue(page.next?.text)])
    }

    /// `GET /api/v1/alarms/{id}`: with timeline and evidence, and whether the chain holds.
    @Sendable
    func apiDetail(request: Request, context: WebContext) async throws -> Response {
        let detail = try await read(context.id(), by: context.signedIn())
        var object = json(detail.alarm).object ?? JSONObject()
        object["timeline"] = .array(
            detail.events.map { event in
                [
                    "at": .string(event.at.rfc3339), "action": .string(event.action), "from": JSONValue(event.from?.rawValue), "to": JSONValue(event.to?.rawValue),
                    "by": .string(event.byName),
                    "text": .string(event.text),
                ]
            })
        object["evidence"] = .array(detail.items.map(Self.json))
        object["awaited"] = .array(detail.awaited.map { ["sha256": .string($0.sha256), "title": .string($0.title), "since": .string($0.since.rfc3339)] })
        object["chainFaults"] = .array(detail.faults.map(JSONValue.string))
        return .json(.object(object))
    }

    /// `POST /api/v1/alarms/{id}/transitions` `{action, opinion, version}`.
    @Sendable
    func apiTransition(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let body = try await request.json(context, limit: 65_536)
        guard let action = body["action"]?.string.flatMap(AlarmAction.init(rawValue:)), !action.isAutomatic, !action.belongsToReconsideration else {
            throw Failure.invalid([FieldFinding("action", "unknownCode", "应为 accept、confirm、revoke、close 或 reopen", title: "操作")])
        }
        let opinion = body["opinion"]?.string, falseClass = body["falseClass"]?.string.flatMap(AlarmFalseClass.init(rawValue:)), version = body["version"]?.int.map { Int($0) }
        let alarm = try await database.write { [engine] in
            try engine.transition(id, action, opinion: opinion, expectedVersion: version, falseClass: falseClass, by: principal, in: $0)
        }
        return .json(json(alarm))
    }

    /// `GET /api/v1/alarms/statistics?by=kind`.
    @Sendable
    func apiStatistics(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let filter = AlarmFilter(context.here, now: context.site.clock.now)
        let dimension = context.here["by"].flatMap(AlarmDimension.init(rawValue:)) ?? .kind
        let rows = try await database.read { [engine] in try engine.statistics(filter, by: dimension, for: principal, in: $0) }
        return .json(["by": .string(dimension.rawValue), "items": .array(rows.map { Self.json($0) })])
    }

    private static func json(_ row: AlarmStatisticsRow) -> JSONValue {
        let states = AlarmState.allCases.map { (name: $0.rawValue, value: JSONValue.int(Int64(row.counts.byState[$0] ?? 0))) }
        return [
            "key": .string(row.key), "opened": .int(Int64(row.counts.opened)), "times": .int(Int64(row.counts.times)), "states": .object(JSONObject(states)),
            "meanResponseSeconds": JSONValue(row.counts.meanResponseSeconds),
        ]
    }

    private func json(_ alarm: Alarm) -> JSONValue {
        let members: [(name: String, value: JSONValue)] = [
            ("id", .int(alarm.id)), ("number", .string(alarm.number)), ("kind", .string(alarm.kind)), ("kindTitle", .string(engine.title(ofKind: alarm.kind))),
            ("grade", .int(Int64(alarm.grade.rawValue))), ("state", .string(alarm.state.rawValue)), ("title", .string(alarm.title)), ("reasons", AlarmReason.json(alarm.reasons)),
            ("org", JSONValue(alarm.org)), ("orgName", .string(alarm.orgName)), ("area", JSONValue(alarm.area)), ("place", .string(alarm.place)),
            ("subject", .string(alarm.subject)),
            ("plate", JSONValue(alarm.plate)), ("occurredAt", .string(alarm.occurredAt.rfc3339)), ("lastAt", .string(alarm.lastAt.rfc3339)), ("times", .int(Int64(alarm.times))),
            ("raisedAt", .string(alarm.raisedAt.rfc3339)), ("dueAt", JSONValue(alarm.dueAt?.rfc3339)), ("respondedAt", JSONValue(alarm.respondedAt?.rfc3339)),
            ("ruleVersion", JSONValue(alarm.versions.rule)), ("listVersion", JSONValue(alarm.versions.list)), ("strategyVersion", JSONValue(alarm.versions.strategy)),
            ("sourceKind", JSONValue(alarm.source?.kind)), ("sourceId", JSONValue(alarm.source?.id)), ("handler", JSONValue(alarm.handlerName)),
            ("opinion", JSONValue(alarm.opinion)),
            ("chainHead", .string(alarm.chainHead)), ("evidenceCount", .int(Int64(alarm.evidenceCount))), ("version", .int(Int64(alarm.version))),
            ("urgency", .int(Int64(alarm.urgency))),
            ("levels", .array(alarm.levels.map { ["scheme": .string($0.scheme), "version": .int(Int64($0.version)), "level": .string($0.code)] })),
            ("traits", .array(alarm.traits.sorted().map(JSONValue.string))), ("falseClass", JSONValue(alarm.falseClass?.rawValue)),
            ("recheckAt", JSONValue(alarm.recheckAt?.rfc3339)), ("recoveredAt", JSONValue(alarm.recoveredAt?.rfc3339)),
        ]
        return .object(JSONObject(members))
    }

    private static func json(_ item: EvidenceItem) -> JSONValue {
        [
            "seq": .int(Int64(item.seq)), "kind": .string(item.kind.rawValue), "title": .string(item.title), "sha256": .string(item.sha256),
            "body": item.body.flatMap { try? JSONValue(parsing: $0) } ?? .null, "occurrence": .int(Int64(item.occurrence)), "addedAt": .string(item.addedAt.rfc3339),
            "late": .bool(item.isLate), "locked": .bool(item.isLocked), "chainedHash": .string(item.chainedHash),
        ]
    }
}
