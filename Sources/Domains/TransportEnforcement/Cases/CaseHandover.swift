import Features
import Identity
import Kernel
import Ledgers
import Storage
import Workflows

/// B2.1.3 ② 其他系统对接的第三方案件信息: a case that another system hands over; it waits at 派单 for the brigade to send an officer there.
///
/// Source: requirements/B-transport.md B2.1.3.
package struct CaseHandover: Sendable, Equatable {
    /// The sender's own number of the case; sent twice, kept once.
    package var key: String
    package var category: String
    package var subjectName: String
    package var subjectKind: String
    package var creditCode: String?
    package var idCard: String?
    package var phone: String?
    package var address: String?
    /// Region code of the county in which it happened.
    package var county: String
    package var plateNo: String?
    package var driverName: String?
    package var place: String
    package var foundAt: String
    package var facts: String
    /// Digests of stored pictures: the plate, the scene.
    package var platePhoto: String?
    package var scenePhoto: String?

    /// - Throws: `.invalid` with every wrong field, unknown ones included.
    package init(_ body: JSONValue) throws {
        guard let object = body.object else { throw Failure.invalid([FieldFinding("", "format", "应为 JSON 对象", title: "内容")]) }
        var findings: [FieldFinding] = []
        let subject = body["subject"]
        func text(_ value: JSONValue?, _ name: String, _ title: String, _ range: ClosedRange<Int>) -> String {
            guard let value, !value.isNull else {
                if range.lowerBound > 0 { findings.append(FieldFinding(name, "required", "不能为空", title: title)) }
                return ""
            }
            guard let text = value.string, range.contains(text.count) else {
                findings.append(FieldFinding(name, "range", "应为 \(range.lowerBound)—\(range.upperBound) 个字", title: title))
                return ""
            }
            return text
        }
        func optional(_ text: String) -> String? { text.isEmpty ? nil : text }
        key = text(body["key"], "key", "来源案件编号", 1...64)
        category = text(body["category"], "category", "案件小类", 1...20)
        subjectName = text(subject?["name"], "subject.name", "当事人名称", 2...60)
        subjectKind = optional(text(subject?["kind"], "subject.kind", "当事人类别", 0...20)) ?? "freight"
        creditCode = optional(text(subject?["creditCode"], "subject.creditCode", "统一社会信用代码", 0...18))
        idCard = optional(text(subject?["idCard"], "subject.idCard", "身份证号码", 0...18))
        phone = optional(text(subject?["phone"], "subject.phone", "联系电话", 0...20))
        address = optional(text(subject?["address"], "subject.address", "地址", 0...200))
        county = text(body["county"], "county", "县区行政区划代码", 6...6)
        plateNo = optional(text(body["plateNo"], "plateNo", "车牌号码", 0...12))
        driverName = optional(text(body["driverName"], "driverName", "驾驶人", 0...30))
        place = text(body["place"], "place", "违法地点", 1...120)
        foundAt = text(body["foundAt"], "foundAt", "发现时间", 1...40)
        facts = text(body["facts"], "facts", "违法事实", 5...2000)
        if !foundAt.isEmpty, Moment(parsing: foundAt) == nil { findings.append(FieldFinding("foundAt", "format", "应为 RFC 3339 时间", title: "发现时间")) }
        let known: Set<String> = ["key", "category", "subject", "county", "plateNo", "driverName", "place", "foundAt", "facts", "platePhoto", "scenePhoto"]
        findings += object.members.map(\.name).filter { !known.contains($0) }.map { FieldFinding($0, "unknown", "没有这个字段", title: $0) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
    }

    /// What became of a case handed over.
    package struct Standing: Sendable, Equatable {
        package var number: String
        package var node: String?
        package var state: String
        package var isRepeat: Bool
    }
}

/// Takes handed-over cases in.
package struct CaseHandovers: Sendable {
    let platform: Platform

    package init(platform: Platform) { self.platform = platform }

    /// Finds or registers the subject and starts the case, in the sender's name.
    ///
    /// - Throws: `.forbidden`; `.invalid` with every wrong field.
    package func take(_ handover: CaseHandover, by principal: Principal, in tx: any Transaction) throws -> CaseHandover.Standing {
        try principal.require(EnforcementPermission.handOver, "移交案件")
        let key = Self.key(handover.key, of: principal)
        if let known = try standing(key, tx) { return known }
        let county = try tx.first("SELECT id, area FROM organisations WHERE kind = 'county' AND area = \(handover.county) AND state = 'active' ORDER BY id LIMIT 1")
        guard let county, let place = county.int("id"), principal.scope.admits(org: place, area: county.text("area")) else {
            throw Failure.invalid([FieldFinding("county", "unknown", "不在移交范围内的县区", title: "县区行政区划代码")])
        }
        guard try CaseCategory.terms(handover.category, tx) != nil else {
            throw Failure.invalid([FieldFinding("category", "unknown", "没有启用的案件小类", title: "案件小类")])
        }
        let org = try subject(handover, county: place, area: handover.county, by: principal, in: tx)
        var values: [String: JSONValue] = [
            "subjectName": .string(handover.subjectName), "category": .string(handover.category), "source": .string("third"), "place": .string(handover.place),
            "foundAt": .string(handover.foundAt), "facts": .string(handover.facts),
        ]
        for (name, value) in [
            ("plateNo", handover.plateNo), ("driverName", handover.driverName), ("platePhoto", handover.platePhoto), ("scenePhoto", handover.scenePhoto),
        ] {
            if let value { values[name] = .string(value) }
        }
        let item = try platform.workflows.start(CaseDraft(EnforcementCase.workflow.name, values: values, org: org, key: key), by: principal, isAdmitted: true, in: tx)
        try platform.audit.record(
            AuditEntry("create", "caseHandover", item.number, "“\(principal.name)”移交案件 \(handover.key)，立为 \(item.number)", details: ["key": .string(handover.key)]), by: principal,
            in: tx)
        guard let made = try standing(key, tx) else { throw Failure(.unexpected, "JW-EN20", "移交的案件没有保存") }
        return CaseHandover.Standing(number: made.number, node: made.node, state: made.state, isRepeat: false)
    }

    /// Nil where this sender handed over no such case.
    package func standing(_ key: String, of principal: Principal, in reader: any Reader) throws -> CaseHandover.Standing? { try standing(Self.key(key, of: principal), reader) }

    /// One sender's numbers never meet another's.
    private static func key(_ key: String, of principal: Principal) -> String { "handover \(principal.kind.rawValue) \(principal.id) \(key)" }

    private func standing(_ key: String, _ reader: any Reader) throws -> CaseHandover.Standing? {
        try reader.first(
            """
            SELECT c.number, f.final_state, s.step FROM workflow_requests r JOIN workflow_cases c ON c.id = r.case_id JOIN enforcement_cases f ON f.case_id = c.id
            LEFT JOIN workflow_steps s ON s.id = (SELECT MIN(o.id) FROM workflow_steps o WHERE o.case_id = c.id AND o.state = 'open') WHERE r.request_key = \(key) LIMIT 1
            """
        ).map { CaseHandover.Standing(number: $0.text("number") ?? "", node: $0.text("step"), state: $0.text("final_state") ?? "running", isRepeat: true) }
    }

    /// The subject by its code or card, then by its whole name in the county; otherwise it is registered.
    private func subject(_ handover: CaseHandover, county: Int64, area: String, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        let inside: SQL = "deleted_at IS NULL AND area = \(area)"
        if let code = handover.creditCode, let org = try tx.first("SELECT org FROM transport_subject WHERE \(inside) AND credit_code = \(code) ORDER BY id LIMIT 1")?.int("org") {
            return org
        }
        if handover.creditCode == nil, handover.idCard == nil,
            let org = try tx.first("SELECT org FROM transport_subject WHERE \(inside) AND name = \(handover.subjectName) ORDER BY id LIMIT 1")?.int("org")
        {
            return org
        }
        if let card = handover.idCard {
            var query = LedgerQuery(ledger: EnforcementSubject.ledger.name)
            query.filters = [LedgerQuery.Filter("idCard", .eq, [card])]
            if let org = try platform.ledgers.list(query, by: .system("案件移交"), in: tx).records.first(where: { $0.area == area })?.org { return org }
        }
        var values: [String: JSONValue] = ["name": .string(handover.subjectName), "kind": .string(handover.subjectKind)]
        for (name, value) in [
            ("creditCode", handover.creditCode), ("idCard", handover.idCard), ("phone", handover.phone), ("address", handover.address), ("plateNo", handover.plateNo),
        ] {
            if let value { values[name] = .string(value) }
        }
        var registrar = principal
        registrar.permissions.insert(EnforcementSubject.ledger.writePermission)
        do {
            guard let org = try SubjectRegistration(platform: platform).register(values, county: county, by: registrar, in: tx).org else {
                throw Failure(.unexpected, "JW-EN20", "移交的案件没有保存")
            }
            return org
        } catch let failure as Failure where failure.kind == .invalid {
            throw Failure.invalid(failure.fields.map { FieldFinding("subject.\($0.field)", $0.code, $0.message, title: $0.title) })
        }
    }
}
