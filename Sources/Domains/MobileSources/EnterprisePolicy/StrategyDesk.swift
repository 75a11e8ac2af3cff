import Identity
import Kernel
import Ledgers
import Storage

/// A-04: issuing and ending strategies. Drafts are ordinary rows of the ledger; only an issued one judges and is handed down.
package struct StrategyDesk: Sendable {
    let database: any Database
    let ledgers: LedgerEngine
    let registry: GateRegistry
    let refresh: StrategyRefresh
    let audit: AuditTrail
    let clock: Clock

    /// - Parameter reason: kept in the audit book, in the transaction of the change.
    package func issue(id: Int64, reason: String, by principal: Principal) async throws -> Record { try await setState("issued", id: id, reason, by: principal) }
    package func end(id: Int64, reason: String, by principal: Principal) async throws -> Record { try await setState("ended", id: id, reason, by: principal) }

    private func setState(_ state: String, id: Int64, _ reason: String, by principal: Principal) async throws -> Record {
        let verb = state == "issued" ? "下发" : "失效"
        let reason = String(reason.prefix(200))
        guard !reason.isEmpty else { throw Failure.invalid([FieldFinding("reason", "required", "请说明理由", title: "\(verb)理由")]) }
        return try await database.write { tx in
            guard let before = try ledgers.find(ControlStrategy.ledger.name, id: id, by: principal, in: tx) else { throw Failure.notFound("管控策略") }
            if before[ControlStrategy.state] == state { throw Failure(.conflict, "JW-M041", state == "issued" ? "该策略已下发" : "该策略已失效") }
            var draft = Draft()
            draft.set(ControlStrategy.state, .string(state))
            let record = try ledgers.update(ControlStrategy.ledger.name, id: id, draft, expectedVersion: nil, by: principal, in: tx)
            let summary = "\(verb)策略“\(record[ControlStrategy.name] ?? "")”：\(reason)"
            let details: JSONValue = ["reason": .string(reason), "version": JSONValue(record[ControlStrategy.strategyVersion])]
            try audit.record(AuditEntry("send", ControlStrategy.ledger.name, "\(id)", summary, details: details), by: principal, in: tx)
            return record
        }
    }

    func register() {
        ledgers.onPrepare(of: ControlStrategy.ledger.name) { draft, before, _, tx in
            draft.set(ControlStrategy.strategyVersion, .int(try HandDown.next("strategy", in: tx)))
            if before == nil, draft[ControlStrategy.state] == nil { draft.set(ControlStrategy.state, "draft") }
            if let text = draft[ControlStrategy.windows]?.string, TimeWindow.parse(text) == nil {
                throw Failure.invalid([FieldFinding("windows", "format", "应写作 07:00-09:00，多个时段用逗号分开", title: "限制时段")])
            }
        }
        let registry = registry
        let refresh = refresh
        let clock = clock
        ledgers.onChange(of: ControlStrategy.ledger.name) { change, tx in
            guard let record = change.after ?? change.before else { return }
            let row = try tx.first("SELECT * FROM control_strategy WHERE id = \(record.id) AND state = 'issued' AND deleted_at IS NULL AND target = 'gateVehicle'")
            let strategy = row.flatMap { Strategy(row: $0) }
            let id = record.id
            if let kept = try tx.first("SELECT * FROM control_strategy WHERE id = \(id)").flatMap({ Strategy(row: $0) }) { try StrategyVersions.keep(kept, now: clock.now, in: tx) }
            var next = registry.snapshot
            StrategyDesk.put(strategy, id: id, into: &next)
            _ = try refresh.run(next, in: tx)
            tx.signal(GateRegistry.signal, "")
            tx.afterCommit { registry.update { StrategyDesk.put(strategy, id: id, into: &$0) } }
        }
    }

    private static func put(_ strategy: Strategy?, id: Int64, into snapshot: inout GateRegistry.Snapshot) {
        snapshot.strategies.removeAll { $0.id == id }
        if let strategy { snapshot.strategies.append(strategy) }
    }

    /// The matrix of hj1321-gate.md §11 as shipped: one strategy a level and group of grades, editable like any other. Does nothing when there are strategies already.
    package func shipDefaults(by principal: Principal) async throws {
        try await database.write { tx in
            guard try tx.first("SELECT 1 FROM control_strategy LIMIT 1") == nil else { return }
            for row in defaultMatrix {
                var draft = Draft()
                draft.set(ControlStrategy.name, .string(row.name))
                draft.set(ControlStrategy.level, .string(row.level.rawValue))
                draft.set(ControlStrategy.grades, .array(row.grades.map(JSONValue.string)))
                draft.set(ControlStrategy.target, "gateVehicle")
                draft.set(ControlStrategy.stopsAll, .bool(row.stops))
                if let minimum = row.minimum { draft.set(ControlStrategy.minimumStage, .string(minimum.rawValue)) }
                if let cap = row.cap { draft.set(ControlStrategy.dailyTripCap, .int(Int64(cap))) }
                draft.set(ControlStrategy.exemptClasses, .array(row.level >= .orange ? ["3", "2"] : row.level == .yellow ? ["3"] : []))
                draft.set(ControlStrategy.measures, .string(row.text))
                draft.set(ControlStrategy.state, "issued")
                _ = try ledgers.create(ControlStrategy.ledger.name, draft, by: principal, in: tx)
            }
        }
    }
}

/// One row of the shipped matrix. Values without a legal source are marked in hj1321-gate.md §11 and may be edited by the authority.
private struct MatrixRow {
    var level: WarningLevel
    var name: String
    var grades: [String]
    var minimum: EmissionStage?
    var stops = false
    var cap: Int?
    var text: String
}

private let leading: [String] = ["A+", "A", "引领性"]
private let defaultMatrix: [MatrixRow] = [
    MatrixRow(level: .none, name: "日常管控", grades: [], minimum: .four, text: "进出厂重型、中型载货汽车应达到国四及以上排放标准，新能源汽车不受限"),
    MatrixRow(level: .yellow, name: "黄色预警管控", grades: [], minimum: .five, text: "停止使用国四及以下重型载货汽车（含燃气）运输，民生保障车辆除外"),
    MatrixRow(level: .orange, name: "橙色预警管控（A、B 级）", grades: leading + ["B", "B-", "保障类"], minimum: .five, text: "停止使用国四及以下重型载货汽车（含燃气）运输，民生保障、特种作业车辆除外"),
    MatrixRow(level: .orange, name: "橙色预警管控（C、D 级）", grades: ["C", "D", "非引领性", "未评级"], minimum: .five, cap: 100, text: "停止使用国四及以下重型载货汽车运输，每日进厂不超过 100 车次"),
    MatrixRow(level: .red, name: "红色预警管控（A、B 级）", grades: leading + ["B", "B-", "保障类"], minimum: .five, text: "停止使用国四及以下重型载货汽车（含燃气）运输，民生保障、特种作业车辆除外"),
    MatrixRow(level: .red, name: "红色预警管控（C 级）", grades: ["C", "非引领性"], minimum: .six, text: "仅允许国六及以上或新能源车辆运输"),
    MatrixRow(level: .red, name: "红色预警管控（D 级）", grades: ["D", "未评级"], minimum: nil, stops: true, text: "停止公路运输，民生保障、特种作业和新能源车辆除外"),
]
