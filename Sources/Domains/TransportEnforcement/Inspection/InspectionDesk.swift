import Features
import Identity
import Kernel
import Ledgers
import Media
import Messages
import Storage
import Workflows

/// Takes inspections in and keeps what is to be inspected: items that are due appear by themselves with the officer whose grid and binding they belong to.
package struct InspectionDesk: Sendable {
    let platform: Platform

    package init(platform: Platform) { self.platform = platform }

    /// What an officer found at one item.
    package struct Finding: Sendable {
        package var item: Int64
        package var result: InspectionResult
        package var note: String
        /// SHA-256 of a stored photo.
        package var photo: String?

        package init(item: Int64, result: InspectionResult, note: String = "", photo: String? = nil) {
            self.item = item
            self.result = result
            self.note = note
            self.photo = photo
        }
    }

    package struct Visit: Sendable {
        package var subject: Int64
        package var kind: String
        package var findings: [Finding]
        package var note = ""
        package var isGrave = false
        package var longitude: Double?
        package var latitude: Double?
        /// Sent twice, done once.
        package var key: String?

        package init(subject: Int64, kind: String = "daily", findings: [Finding], isGrave: Bool = false, key: String? = nil) {
            self.subject = subject
            self.kind = kind
            self.findings = findings
            self.isGrave = isGrave
            self.key = key
        }
    }

    // MARK: A visit

    /// Keeps an inspection: the record with its lines, how the subject stands with each item, what is to be inspected again, the state of the subject.
    ///
    /// - Returns: the record's id.
    /// - Throws: `.notFound` outside the scope; `.invalid` where a failed item lacks photo or words, or an item is beyond the officer's binding.
    package func submit(_ visit: Visit, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        guard let subject = try platform.ledgers.find(EnforcementSubject.ledger.name, id: visit.subject, by: principal, in: tx), subject.deletedAt == nil, let org = subject.org
        else {
            throw Failure.notFound("该主体")
        }
        if let key = visit.key, let known = try tx.value("SELECT id FROM inspection_records WHERE request_key = \(key) AND officer = \(principal.id)")?.int { return known }
        let items = Dictionary(uniqueKeysWithValues: try InspectionItem.all(tx).map { ($0.id, $0) })
        try judge(visit, items, by: principal, tx)
        let standing = try tx.rows("SELECT item, failures FROM inspection_standing WHERE subject = \(visit.subject)").reduce(into: [Int64: Int]()) {
            $0[$1.int("item") ?? 0] = Int($1.int("failures") ?? 0)
        }
        var stage = InspectionRules.Stage.none
        var counts: [InspectionResult: Int] = [:]
        var failed: [String] = []
        for finding in visit.findings {
            counts[finding.result, default: 0] += 1
            guard finding.result == .fail, let item = items[finding.item] else { continue }
            failed.append(item.name)
            stage = max(stage, InspectionRules.stage(failures: InspectionRules.failures(.fail, before: standing[item.id] ?? 0), isGrave: visit.isGrave))
        }
        let final = stage == .none ? "passed" : stage == .recheck ? "recheck" : "decide"
        let now = platform.clock.now
        let id = try tx.insert(
            """
            INSERT INTO inspection_records (org, area, subject, kind, inspected_at, officer, officer_name, passed, failed, ignored, failed_names, longitude, latitude, note, stage, final_state, request_key)
            VALUES (\(org), \(subject.area), \(visit.subject), \(visit.kind), \(now), \(principal.id), \(principal.name), \(counts[.pass] ?? 0), \(counts[.fail] ?? 0), \(counts[.ignore] ?? 0),
            \(failed.joined(separator: "、")), \(visit.longitude), \(visit.latitude), \(visit.note), \(stage.rawValue), \(final), \(visit.key))
            """)
        for finding in visit.findings {
            guard let item = items[finding.item] else { continue }
            try keep(finding, item, record: id, subject: subject, failuresBefore: standing[item.id] ?? 0, by: principal, in: tx)
        }
        try mark(subject, in: tx)
        let name = subject.values["name"]?.text ?? ""
        try platform.audit.record(
            AuditEntry(
                "create", "inspection", "\(id)", "检查\(name)：合格 \(counts[.pass] ?? 0) 项，不达标 \(counts[.fail] ?? 0) 项", details: ["failed": .array(failed.map { .string($0) })]),
            by: principal,
            in: tx)
        if final == "decide" { try tell(subject, id, stage, in: tx) }
        return id
    }

    private func judge(_ visit: Visit, _ items: [Int64: InspectionItem.Terms], by principal: Principal, _ reader: any Reader) throws {
        var findings: [FieldFinding] = []
        if visit.findings.isEmpty { findings.append(FieldFinding("items", "required", "请至少检查一项", title: "检查项")) }
        let bound = try ItemBinding.items(of: principal.login, reader)
        for finding in visit.findings {
            guard let item = items[finding.item] else {
                findings.append(FieldFinding("items", "unknown", "检查项不存在或已停用", title: "检查项"))
                continue
            }
            if let bound, !bound.contains(item.code) { findings.append(FieldFinding("result\(item.id)", "binding", "不在您的检查权限内，请流转上报", title: item.name)) }
            guard finding.result == .fail else { continue }
            if finding.note.isEmpty { findings.append(FieldFinding("note\(item.id)", "required", "不达标须写明情况", title: item.name)) }
            if finding.photo == nil { findings.append(FieldFinding("photo\(item.id)", "required", "不达标须拍照", title: item.name)) }
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
    }

    private func keep(
        _ finding: Finding, _ item: InspectionItem.Terms, record: Int64, subject: Record, failuresBefore: Int, by principal: Principal, in tx: any Transaction
    ) throws {
        let now = platform.clock.now, failures = InspectionRules.failures(finding.result, before: failuresBefore)
        let due = InspectionRules.nextDue(finding.result, on: platform.clock.today, days: item.days)
        try tx.execute(
            """
            INSERT INTO inspection_lines (record, item, result, note, photo, failures) VALUES (\(record), \(item.id), \(finding.result.rawValue), \(finding.note), \(finding.photo), \(failures))
            """)
        if let photo = finding.photo { _ = try PhotoStore.lock(photo, in: tx) }
        try tx.execute(
            """
            INSERT INTO inspection_standing (subject, item, result, failures, inspected_at, next_due_on)
            VALUES (\(subject.id), \(item.id), \(finding.result.rawValue), \(failures), \(now), \(due))
            ON CONFLICT (subject, item) DO UPDATE SET result = excluded.result, failures = excluded.failures, inspected_at = excluded.inspected_at, next_due_on = excluded.next_due_on
            """)
        try tx.execute(
            "UPDATE pending_inspections SET state = 'done', done_at = \(now), record = \(record) WHERE subject = \(subject.id) AND item = \(item.id) AND done_at IS NULL")
        if item.isSpecial { try TransportEquipment.checked(item, finding.result, of: subject, on: platform.clock.today, ledgers: platform.ledgers, in: tx) }
        // What failed comes back at once, to whoever found it.
        if finding.result == .fail, let org = subject.org {
            try add(subject.id, item.id, org: org, area: subject.area, due: platform.clock.today, origin: "failed", assignee: (principal.id, principal.name), in: tx)
        }
    }

    /// 锁止 while an item is failed, 正常 when none is; what is hidden or under punishment stays so.
    private func mark(_ subject: Record, in tx: any Transaction) throws {
        let failing = try tx.count("SELECT COUNT(*) FROM inspection_standing WHERE subject = \(subject.id) AND failures > 0")
        let state = try tx.value("SELECT state FROM transport_subject WHERE id = \(subject.id)")?.text ?? "normal"
        let next = failing > 0 ? "locked" : "normal"
        guard ["normal", "locked"].contains(state), state != next else { return }
        _ = try platform.ledgers.update(EnforcementSubject.ledger.name, id: subject.id, Draft(["state": .string(next)]), by: .system("监督检查"), in: tx)
    }

    private func tell(_ subject: Record, _ record: Int64, _ stage: InspectionRules.Stage, in tx: any Transaction) throws {
        let users = try WorkflowEngine.holders(of: EnforcementRole.leader, organisation: nil, org: subject.org, area: subject.area, in: tx)
        let title = platform.dictionaries.title(of: stage.rawValue, in: .inspectionStage)
        try platform.messages.post(
            MessageDraft(
                EnforcementMessages.decide, grade: .notice, title: "\(subject.values["name"]?.text ?? "")：\(title)", text: "监督检查多次不达标，请处置", path: "/inspection/records/\(record)",
                users: users,
                dedupe: "inspection \(record)"), in: tx)
    }

    // MARK: What is to be inspected

    /// Adds one item to be inspected unless it is there already.
    ///
    /// - Returns: whether it was added.
    @discardableResult
    func add(
        _ subject: Int64, _ item: Int64, org: Int64, area: String?, due: Day, origin: String, assignee: (id: Int64, name: String)?, campaign: Int64? = nil, draw: Int64? = nil,
        in tx: any Transaction
    ) throws -> Bool {
        try tx.execute(
            """
            INSERT INTO pending_inspections (org, area, subject, item, due_on, origin, state, assignee, assignee_name, campaign, draw, created_at)
            VALUES (\(org), \(area), \(subject), \(item), \(due), \(origin), 'open', \(assignee?.id), \(assignee?.name), \(campaign), \(draw), \(platform.clock.now))
            ON CONFLICT (subject, item) WHERE done_at IS NULL DO NOTHING
            """) == 1
    }

    /// Who inspects an item of a subject: of the inspectors whose grids hold it and who are bound to the item, whoever has least to do.
    struct Assigning {
        private var officers: [Int64: [Int64]] = [:]
        private var names: [Int64: String] = [:]
        private var bindings: [Int64: Set<String>?] = [:]
        private var load: [Int64: Int] = [:]

        mutating func officer(for org: Int64, area: String?, item: String, among allowed: Set<Int64>? = nil, _ reader: any Reader) throws -> (id: Int64, name: String)? {
            if officers[org] == nil { officers[org] = try WorkflowEngine.holders(of: EnforcementRole.inspector, organisation: nil, org: org, area: area, in: reader) }
            var best: Int64?
            for id in officers[org] ?? [] where allowed?.contains(id) ?? true {
                if names[id] == nil { try know(id, reader) }
                if let bound = bindings[id] ?? nil, !bound.contains(item) { continue }
                if best.map({ (load[id] ?? 0, id) < (load[$0] ?? 0, $0) }) ?? true { best = id }
            }
            guard let best else { return nil }
            load[best, default: 0] += 1
            return (best, names[best] ?? "")
        }

        private mutating func know(_ id: Int64, _ reader: any Reader) throws {
            let row = try reader.first("SELECT login, name FROM users WHERE id = \(id)")
            names[id] = row?.text("name") ?? ""
            bindings[id] = .some(try ItemBinding.items(of: row?.text("login") ?? "", reader))
            load[id] = try reader.count("SELECT COUNT(*) FROM pending_inspections WHERE assignee = \(id) AND state = 'open'")
        }
    }

    /// Once a day, and when an industry or an item changes: every subject's items that were never inspected or are due again.
    ///
    /// - Returns: how many were added, at most `limit`.
    @discardableResult
    package func gather(limit: Int = 5000, in tx: any Transaction) throws -> Int {
        let items = Dictionary(try InspectionItem.all(tx).map { ($0.code, $0) }) { first, _ in first }
        var industries: [String: [InspectionItem.Terms]] = [:]
        for row in try tx.rows("SELECT code, items FROM transport_industry WHERE deleted_at IS NULL AND is_open = 1") {
            let codes = try row.text("items").map { (try JSONValue(parsing: $0)).array?.compactMap(\.string) ?? [] } ?? []
            industries[row.text("code") ?? ""] = codes.compactMap { items[$0] }
        }
        guard !industries.isEmpty else { return 0 }
        let today = platform.clock.today
        var added = 0, last: Int64 = 0
        var assigning = Assigning()
        while added < limit {
            let subjects = try tx.rows(
                "SELECT id, org, area, industry FROM transport_subject WHERE deleted_at IS NULL AND state <> 'hidden' AND industry IS NOT NULL AND id > \(last) ORDER BY id LIMIT 200"
            )
            guard !subjects.isEmpty else { break }
            last = subjects.last?.int("id") ?? last
            let ids = subjects.compactMap { $0.int("id") }
            var dues: [Int64: [Int64: Day?]] = [:], waiting: [Int64: Set<Int64>] = [:]
            for row in try tx.rows("SELECT subject, item, next_due_on FROM inspection_standing WHERE subject IN (\(list: ids))") {
                dues[row.int("subject") ?? 0, default: [:]][row.int("item") ?? 0] = .some(row.day("next_due_on"))
            }
            for row in try tx.rows("SELECT subject, item FROM pending_inspections WHERE done_at IS NULL AND subject IN (\(list: ids))") {
                waiting[row.int("subject") ?? 0, default: []].insert(row.int("item") ?? 0)
            }
            for row in subjects {
                guard let id = row.int("id"), let org = row.int("org") else { continue }
                for item in industries[row.text("industry") ?? ""] ?? [] where !(waiting[id]?.contains(item.id) ?? false) {
                    let known = dues[id]?[item.id]
                    // Never inspected, or due; ignored ones (no day) wait for an inspector's own choice.
                    if let known, known.map({ $0 > today }) ?? true { continue }
                    let officer = try assigning.officer(for: org, area: row.text("area"), item: item.code, tx)
                    let due = (known ?? nil) ?? today
                    if try add(id, item.id, org: org, area: row.text("area"), due: due, origin: known == nil ? "first" : "due", assignee: officer, in: tx) { added += 1 }
                }
            }
        }
        return added
    }
}
