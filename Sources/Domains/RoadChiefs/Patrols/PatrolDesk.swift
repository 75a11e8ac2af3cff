import Features
import Identity
import Kernel
import Ledgers
import Maps
import Schedules
import Storage

/// 开始巡查、轨迹、结束巡查 (B3.4.3.1), and roads missed at the end of the month (B3.2.2).
package struct PatrolDesk: Sendable {
    let platform: Platform

    package init(platform: Platform) { self.platform = platform }

    /// Points that one request may bring.
    static let mostPoints = 500

    /// Begins; the same person may come back to a patrol that runs.
    ///
    /// - Throws: `.notFound` outside the scope; `.conflict` `JW-B303` when it is over, `JW-B304` when somebody else walks it, `JW-B305` when the month is over.
    package func start(_ id: Int64, at place: Coordinate?, by principal: Principal, in tx: any Transaction) throws -> Record {
        let patrol = try patrol(id, by: principal, tx)
        let now = platform.clock.now
        if patrol.values["state"]?.text == "running", patrol.values["walkerId"]?.int == principal.id { return patrol }
        try requireOpen(patrol, by: principal, at: now)
        var values: [String: JSONValue] = [
            "state": "running", "startedAt": .string(now.text), "walker": .string(principal.name), "walkerId": .int(max(principal.id, 0)),
        ]
        if let place { values["startPlace"] = .string(place.text) }
        let record = try write(values, to: id, by: principal, in: tx)
        if let place { try PatrolTrack.keep([PatrolTrack.Point(at: now, place: place)], of: id, in: tx) }
        return record
    }

    private func requireOpen(_ patrol: Record, by principal: Principal, at now: Moment) throws {
        switch patrol.values["state"]?.text {
        case "pending": break
        case "running": throw Failure(.conflict, "JW-B304", "\(patrol.values["walker"]?.text ?? "他人")正在巡查这条道路")
        default: throw Failure(.conflict, "JW-B303", "这次巡查已经结束")
        }
        guard let month = patrol.values["month"]?.int.flatMap({ RoadMonth(number: Int($0)) }), now < month.end else {
            throw Failure(.conflict, "JW-B305", "当月已结束，不能再巡查")
        }
    }

    /// Keeps points of a running patrol; those from before it began or from the future are left out.
    ///
    /// - Returns: kilometres walked so far.
    package func add(_ points: [PatrolTrack.Point], to id: Int64, by principal: Principal, in tx: any Transaction) throws -> Double {
        let patrol = try running(id, by: principal, tx)
        let now = platform.clock.now
        let from = RoadRecords.moment(patrol.values["startedAt"]) ?? now
        try PatrolTrack.keep(points.filter { $0.at >= from && $0.at <= now.adding(seconds: 120) }, of: id, in: tx)
        return try PatrolTrack.kilometres(PatrolTrack.points(of: id, tx))
    }

    /// Ends: the time is the server's, the length comes from the track.
    package func finish(_ id: Int64, at place: Coordinate?, content: String?, by principal: Principal, in tx: any Transaction) throws -> Record {
        let patrol = try running(id, by: principal, tx)
        let now = platform.clock.now
        if let place { try PatrolTrack.keep([PatrolTrack.Point(at: now, place: place)], of: id, in: tx) }
        let points = try PatrolTrack.points(of: id, tx)
        let kilometres = (PatrolTrack.kilometres(points) * 100).rounded() / 100
        var values: [String: JSONValue] = ["state": "done", "endedAt": .string(now.text), "walkedLength": .double(kilometres)]
        if let place = place ?? points.last?.place { values["endPlace"] = .string(place.text) }
        if let content, !content.isEmpty { values["content"] = .string(String(content.prefix(1000))) }
        let record = try write(values, to: id, by: principal, in: tx)
        guard let round = patrol.values["round"]?.int else { return record }
        let done = try tx.count("SELECT count(*) FROM road_patrol WHERE round = \(round) AND state = 'done' AND deleted_at IS NULL")
        _ = try platform.ledgers.update(PatrolRound.ledger.name, id: round, Draft(["done": .int(Int64(done))]), by: .system(principal.name), in: tx)
        return record
    }

    private func patrol(_ id: Int64, by principal: Principal, _ reader: any Reader) throws -> Record {
        guard let record = try platform.ledgers.find(RoadPatrol.ledger.name, id: id, by: principal, in: reader) else { throw Failure.notFound("该巡查") }
        return record
    }

    private func running(_ id: Int64, by principal: Principal, _ reader: any Reader) throws -> Record {
        let record = try patrol(id, by: principal, reader)
        guard record.values["state"]?.text == "running" else { throw Failure(.conflict, "JW-B306", "还没有开始巡查，或巡查已经结束") }
        guard principal.kind == .system || record.values["walkerId"]?.int == principal.id else {
            throw Failure(.conflict, "JW-B304", "\(record.values["walker"]?.text ?? "他人")正在巡查这条道路")
        }
        return record
    }

    private func write(_ values: [String: JSONValue], to id: Int64, by principal: Principal, in tx: any Transaction) throws -> Record {
        try platform.ledgers.update(RoadPatrol.ledger.name, id: id, Draft(values), by: .system(principal.name), in: tx)
    }

    // MARK: The end of a month

    /// Patrols of months that are over and were not finished: missed.
    ///
    /// - Returns: how many, at most 2,000 at once.
    package func closeMonths(in tx: any Transaction) throws -> Int {
        let month = RoadMonth(of: platform.clock.today)
        let rows = try tx.rows("SELECT id FROM road_patrol WHERE state IN ('pending', 'running') AND month < \(month.number) AND deleted_at IS NULL ORDER BY id LIMIT 2000")
        for row in rows { _ = try write(["state": "missed"], to: row.int("id") ?? 0, by: .system("月末漏巡统计"), in: tx) }
        return rows.count
    }

    func jobs() -> [JobDeclaration] {
        [
            JobDeclaration("roadChiefs.missed", "路长制漏巡统计", dailyAt: 10) { context in
                let count = try await platform.database.write { tx in try closeMonths(in: tx) }
                context.note("漏巡 \(count) 条次")
            }
        ]
    }
}
