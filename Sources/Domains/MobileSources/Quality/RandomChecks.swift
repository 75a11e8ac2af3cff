import Foundation
import Identity
import Kernel
import Storage

/// §9 现场核查: draws passes by a kept seed, fills what a machine can judge, keeps what the inspector concludes.
package struct RandomChecks: Sendable {
    let database: any Database
    let registry: GateRegistry
    let audit: AuditTrail
    let clock: Clock

    package struct Answer: Sendable {
        package var passId: Int64
        package var conclusion: RandomCheck.Conclusion?
        package var note: String

        package init(passId: Int64, conclusion: RandomCheck.Conclusion?, note: String) {
            self.passId = passId
            self.conclusion = conclusion
            self.note = note
        }
    }

    /// Draws 5…10 passes of an enterprise from a span of at most 92 days and saves the sheet. The same seed over the same passes draws the same ones.
    ///
    /// - Throws: `.invalid` with every wrong field; `.notFound` for an enterprise outside the scope; `.conflict` `JW-M061` when there is no pass to draw.
    package func draw(org: Int64, from: Day, to: Day, count: Int, seed: Int64, by principal: Principal) async throws -> RandomCheck {
        var findings: [FieldFinding] = []
        if from > to { findings.append(FieldFinding("to", "range", "不得早于开始日期", title: "截止日期")) }
        if to.daysSince1970 - from.daysSince1970 >= 92 { findings.append(FieldFinding("to", "range", "抽查范围不得超过 92 天", title: "截止日期")) }
        if !(5...10).contains(count) { findings.append(FieldFinding("count", "range", "应抽取 5～10 条", title: "抽取条数")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let snapshot = registry.snapshot
        guard let site = snapshot.enterprises[org], principal.scope.admits(org: org, area: site.county) else { throw Failure.notFound("该企业") }
        let now = clock.now
        let audit = audit
        return try await database.write { tx in
            let sheet = try RandomChecks.sheet(site, from, to, count, seed, snapshot, tx)
            guard sheet.population > 0 else { throw Failure(.conflict, "JW-M061", "\(site.name)在所选日期内没有过车记录，无法抽查") }
            let id = try tx.insert(
                """
                INSERT INTO random_check (org, area, seed, from_day, to_day, created_at, created_by, sheet, state)
                VALUES (\(org), \(site.county), \(seed), \(from), \(to), \(now), \(principal.name), \(try RandomChecks.text(sheet)), 'draft')
                """)
            try audit.record(AuditEntry("create", "randomCheck", "\(id)", "随机抽查\(site.name) \(from.text) 至 \(to.text)：抽取 \(sheet.lines.count) 条，种子 \(seed)"), by: principal, in: tx)
            return RandomCheck(
                id: id, org: org, area: site.county, enterprise: site.name, seed: seed, from: from, to: to, createdAt: now, createdBy: principal.name, state: .draft,
                finishedAt: nil, sheet: sheet)
        }
    }

    /// Keeps conclusions and notes; lines that are not named stay as they are.
    ///
    /// - Throws: `.notFound`; `.conflict` `JW-M062` when the check is finished.
    package func save(_ id: Int64, answers: [Answer], remark: String, by principal: Principal) async throws -> RandomCheck {
        try await database.write { tx in
            let check = try take(id, answers, remark, by: principal, in: tx)
            try tx.execute("UPDATE random_check SET sheet = \(try RandomChecks.text(check.sheet)) WHERE id = \(id)")
            return check
        }
    }

    /// Saves and closes: every line needs its conclusion, every doubt its note.
    ///
    /// - Throws: `.invalid` naming every line that lacks something.
    package func finish(_ id: Int64, answers: [Answer], remark: String, by principal: Principal) async throws -> RandomCheck {
        let now = clock.now
        let audit = audit
        return try await database.write { tx in
            var check = try take(id, answers, remark, by: principal, in: tx)
            var findings: [FieldFinding] = []
            for line in check.sheet.lines {
                if line.conclusion == nil { findings.append(FieldFinding("conclusion.\(line.passId)", "required", "请给出核查结论", title: line.plate)) }
                if let conclusion = line.conclusion, conclusion != .fits, line.note.isEmpty {
                    findings.append(FieldFinding("note.\(line.passId)", "required", "存疑或不符合时须说明情况", title: line.plate))
                }
            }
            guard findings.isEmpty else { throw Failure.invalid(findings) }
            check.state = .finished
            check.finishedAt = now
            try tx.execute("UPDATE random_check SET sheet = \(try RandomChecks.text(check.sheet)), state = 'finished', finished_at = \(now) WHERE id = \(id)")
            let wrong = check.sheet.lines.count { $0.conclusion == .wrong }
            try audit.record(AuditEntry("finish", "randomCheck", "\(id)", "完成随机抽查\(check.enterprise)：\(check.sheet.lines.count) 条中不符合 \(wrong) 条"), by: principal, in: tx)
            return check
        }
    }

    /// - Returns: nil when there is none within the scope.
    package func find(_ id: Int64, scope: DataScope) async throws -> RandomCheck? {
        try await database.read { reader in try read("id = \(id)", scope, limit: 1, in: reader).first }
    }

    /// Newest first.
    package func list(org: Int64? = nil, scope: DataScope, limit: Int = 100) async throws -> [RandomCheck] {
        try await database.read { reader in try read(org.map { "org = \($0)" } ?? "1 = 1", scope, limit: limit, in: reader) }
    }

    private func take(_ id: Int64, _ answers: [Answer], _ remark: String, by principal: Principal, in tx: any Transaction) throws -> RandomCheck {
        guard var check = try read("id = \(id)", principal.scope, limit: 1, in: tx).first else { throw Failure.notFound("该抽查记录") }
        guard check.state == .draft else { throw Failure(.conflict, "JW-M062", "该抽查已完成，不能再修改") }
        for answer in answers {
            guard let index = check.sheet.lines.firstIndex(where: { $0.passId == answer.passId }) else { continue }
            check.sheet.lines[index].conclusion = answer.conclusion
            check.sheet.lines[index].note = String(answer.note.prefix(500))
        }
        check.sheet.remark = String(remark.prefix(1000))
        return check
    }

    private func read(_ condition: SQL, _ scope: DataScope, limit: Int, in reader: any Reader) throws -> [RandomCheck] {
        let snapshot = registry.snapshot
        return try reader.rows("SELECT * FROM random_check WHERE \(condition) AND \(scope.condition()) ORDER BY id DESC LIMIT \(limit)").compactMap { row in
            guard let id = row.int("id"), let org = row.int("org"), let seed = row.int("seed"), let from = row.day("from_day"), let to = row.day("to_day"),
                let text = row.text("sheet")
            else { return nil }
            let sheet = try JSONDecoder().decode(RandomCheck.Sheet.self, from: Data(text.utf8))
            return RandomCheck(
                id: id, org: org, area: row.text("area") ?? "", enterprise: snapshot.enterprises[org]?.name ?? "", seed: seed, from: from, to: to,
                createdAt: row.moment("created_at") ?? Moment(milliseconds: 0), createdBy: row.text("created_by") ?? "",
                state: row.text("state").flatMap(RandomCheck.State.init) ?? .draft,
                finishedAt: row.moment("finished_at"), sheet: sheet)
        }
    }

    private static func text(_ sheet: RandomCheck.Sheet) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(sheet), as: UTF8.self)
    }

    // MARK: The sheet

    static func sheet(
        _ site: EnterpriseFacts, _ from: Day, _ to: Day, _ count: Int, _ seed: Int64, _ snapshot: GateRegistry.Snapshot, _ reader: any Reader
    ) throws -> RandomCheck.Sheet {
        let range: SQL = "org = \(site.org) AND passed_at >= \(from.start) AND passed_at < \(to.end)"
        let population = try reader.count("SELECT COUNT(*) FROM gate_pass WHERE \(range)")
        var generator = SplitMix64(seed: UInt64(bitPattern: seed))
        let positions = Set(generator.positions(count, of: population))
        var ids: [Int64] = []
        var position = 0
        if let last = positions.max() {
            try reader.each("SELECT id FROM gate_pass WHERE \(range) ORDER BY passed_at, id") { row in
                if positions.contains(position), let id = row[0].int { ids.append(id) }
                position += 1
                return position <= last
            }
        }
        let lines = try ids.compactMap { id in try reader.first("SELECT * FROM gate_pass WHERE id = \(id)") }.map { try RandomCheck.Line(pass: $0, reader) }
        return RandomCheck.Sheet(population: population, lines: lines, comparison: try comparison(site, from, to, &generator, snapshot, reader), remark: "")
    }

    /// Three to five days without and with a warning, drawn by the same seed from the span and, where that has too few, from the sixty days before it.
    private static func comparison(
        _ site: EnterpriseFacts, _ from: Day, _ to: Day, _ generator: inout SplitMix64, _ snapshot: GateRegistry.Snapshot, _ reader: any Reader
    ) throws -> RandomCheck.Comparison {
        let warnings = snapshot.warnings.filter { $0.counties.contains(site.county) }
        func isWarned(_ day: Day) -> Bool { warnings.contains { $0.from < day.end && ($0.to.map { $0 > day.start } ?? true) && $0.from != $0.to } }
        var trips: [Day: Int] = [:]
        try reader.each("SELECT day, SUM(trips) FROM pass_daily WHERE org = \(site.org) AND day BETWEEN \(from.adding(days: -60)) AND \(to) GROUP BY day") { row in
            if let day = row[0].int.flatMap({ Day(number: Int($0)) }) { trips[day] = Int(row[1].int ?? 0) }
            return true
        }
        func draw(warned: Bool) -> [Day] {
            let inside = trips.keys.filter { $0 >= from && isWarned($0) == warned }.sorted()
            let pool = inside.count >= 3 ? inside : trips.keys.filter { isWarned($0) == warned }.sorted()
            return generator.positions(5, of: pool.count).map { pool[$0] }
        }
        func average(_ days: [Day]) -> Double? { days.isEmpty ? nil : Double(days.reduce(0) { $0 + (trips[$1] ?? 0) }) / Double(days.count) }
        let normal = draw(warned: false)
        let warned = draw(warned: true)
        return RandomCheck.Comparison(normalDays: normal.map(\.number), warningDays: warned.map(\.number), normalAverage: average(normal), warningAverage: average(warned))
    }
}

extension RandomCheck.Line {
    /// The columns inspectors look at (hj1321-gate.md §3), from the pass and, where it has none, from the filing it was judged by.
    init(pass row: Row, _ reader: any Reader) throws {
        let filing = try row.int("filing_id").flatMap { id in try reader.first("SELECT * FROM registered_vehicle WHERE id = \(id)") }
        func text(_ name: String) -> String? {
            func filled(_ value: SQLValue) -> String? { value.text.flatMap { $0.isEmpty ? nil : $0 } ?? value.int.map { String($0) } }
            return filled(row[name]) ?? filing.flatMap { $0.has(name) ? filled($0[name]) : nil }
        }
        let plate = PlateNumber(normalizing: row.text("plate_no") ?? "")
        let color = row.text("plate_color").flatMap(PlateColor.init(rawValue:))
        let stored = row.text("emission_stage").flatMap(EmissionStage.init(rawValue:)) ?? .unknown
        var missing = RandomCheck.Line.required.filter { text($0.column) == nil }.map(\.title)
        if stored == .unknown { missing.append("排放阶段") }
        if text("fuel") == "X" { missing.append("燃料种类") }
        if row["cargo_name"].isNull != row["cargo_tonnes"].isNull { missing.append(row["cargo_name"].isNull ? "货物名称" : "运输量") }
        var malformed: [String] = []
        if !plate.isMissing { malformed += PlateFinding.findings(plate, color: color).map { "号牌：\($0.title)" } }
        let vin = text("vin")
        if let vin, !VIN(normalizing: vin).hasValidCheckDigit { malformed.append("车辆识别代号校验位不符") }
        let subject = StageEvidence.Subject(
            plate: plate, vin: vin.map { VIN(normalizing: $0).text }, model: text("model"), registeredOn: row.day("registered_on") ?? filing?.day("registered_on"),
            reported: stored,
            hasManifest: filing.map { !$0["manifest_photo"].isNull } ?? false)
        let evidence = try StageEvidence.determine(subject, excluding: row.int("filing_id"), in: reader)
        let isUnproven = evidence.basis == "4" || evidence.basis == "9"
        self.init(
            passId: row.int("id") ?? 0, plate: plate.text, color: color?.rawValue ?? "", passedAt: row.int("passed_at") ?? 0, gateNo: row.text("gate_no") ?? "",
            direction: row.text("direction") ?? "",
            missing: missing, malformed: malformed, storedStage: stored.rawValue, evidenceStage: evidence.stage.rawValue,
            stageVerdict: isUnproven ? .unproven : evidence.stage == stored ? .agrees : .differs, evidence: evidence.text, conclusion: nil, note: "")
    }

    private static let required: [(column: String, title: String)] = [
        ("plate_no", "车牌号码"), ("plate_color", "号牌颜色"), ("vin", "车辆识别代号"), ("registered_on", "注册登记日期"), ("model", "车辆品牌型号"), ("fuel", "燃料种类"), ("vehicle_type", "车辆类型"),
        ("networked", "联网状态"), ("use_nature", "使用性质"), ("owner", "车队名称"), ("passed_at", "进出厂时间"), ("head_photo", "车头照片"), ("body_photo", "车身照片"),
    ]
}
