import Features
import Identity
import Kernel
import Ledgers
import Storage
import Workflows

/// What of a case is asked for in lists and figures, beside the case itself: kept by the effects of its workflow, in the same transaction.
struct CaseFacts: Sendable {
    let platform: Platform

    /// One row is one case.
    static let table = Table(
        "enforcement_cases", key: ["case_id"],
        columns: [
            Column("case_id", .integer, required: true), Column("subject", .integer), Column("category", .text, required: true), Column("major", .text),
            Column("flow", .text, required: true),
            Column("source", .text, required: true), Column("place", .text), Column("assignee", .integer), Column("assignee_name", .text), Column("measure", .text),
            Column("fine", .real),
            Column("suspend_days", .integer), Column("paid", .real), Column("appeals", .integer, required: true, fallback: .int(0)), Column("filed_at", .integer),
            Column("decided_at", .integer), Column("decided_by", .text), Column("approver", .text), Column("approved_at", .integer), Column("closed_at", .integer),
            Column("final_state", .text, required: true, fallback: .text("running")),
        ], indexes: [Index("category"), Index("final_state"), Index("assignee"), Index("subject")], isClustered: true)

    func register() {
        let workflows = platform.workflows
        workflows.onEffect("enforcement.open") { [self] item, _, tx in try open(&item, in: tx) }
        workflows.onEffect("enforcement.assign") { item, _, tx in
            let login = item.data["assignee"]?.string ?? ""
            let user = try tx.first("SELECT id, name FROM users WHERE login = \(login)")
            try tx.execute("UPDATE enforcement_cases SET assignee = \(user?.int("id")), assignee_name = \(user?.text("name")) WHERE case_id = \(item.id)")
        }
        workflows.onEffect("enforcement.judgeMeasure") { item, _, tx in try Self.judge(&item, tx) }
        workflows.onEffect("enforcement.appeal") { item, _, tx in
            let appeals = (item.data["appeals"]?.int ?? 0) + 1
            item.data["appeals"] = .int(appeals)
            try tx.execute("UPDATE enforcement_cases SET appeals = \(appeals) WHERE case_id = \(item.id)")
        }
        workflows.onEffect("enforcement.file") { [self] item, _, tx in
            try tx.execute("UPDATE enforcement_cases SET filed_at = \(platform.clock.now) WHERE case_id = \(item.id)")
            try mark(item, "abnormal", in: tx)
        }
        workflows.onEffect("enforcement.decide") { [self] item, principal, tx in
            try tx.execute(
                """
                UPDATE enforcement_cases SET measure = \(item.data["measure"]?.string), fine = \(item.data["fine"]?.double), suspend_days = \(item.data["suspendDays"]?.int),
                decided_at = \(platform.clock.now), decided_by = \(principal.name), approver = \(principal.name), approved_at = \(platform.clock.now) WHERE case_id = \(item.id)
                """)
            if item.data["needsApproval"]?.int != 1 { try tell(item, in: tx) }
        }
        workflows.onEffect("enforcement.approve") { [self] item, principal, tx in
            try tx.execute("UPDATE enforcement_cases SET approver = \(principal.name), approved_at = \(platform.clock.now) WHERE case_id = \(item.id)")
            try tell(item, in: tx)
        }
        workflows.onEffect("enforcement.execute") { item, _, tx in
            try tx.execute("UPDATE enforcement_cases SET paid = \(item.data["paid"]?.double) WHERE case_id = \(item.id)")
        }
        workflows.onEffect("enforcement.close") { [self] item, _, tx in
            try tx.execute("UPDATE enforcement_cases SET closed_at = \(platform.clock.now) WHERE case_id = \(item.id)")
        }
        workflows.onEffect("enforcement.end") { [self] item, _, tx in try end(item, as: item.outcome ?? "archived", in: tx) }
        workflows.onEffect("enforcement.cancel") { [self] item, _, tx in try end(item, as: "cancelled", in: tx) }
    }

    // MARK: Effects

    private func open(_ item: inout WorkflowCase, in tx: any Transaction) throws {
        let category = item.data["category"]?.string ?? ""
        guard let terms = try CaseCategory.terms(category, tx) else {
            throw Failure.invalid([FieldFinding("category", "unknown", "请选择启用的案件小类", title: "案件小类")])
        }
        guard let subject = try tx.value("SELECT id FROM transport_subject WHERE org = \(item.org ?? -1) AND deleted_at IS NULL")?.int else {
            throw Failure(.conflict, "JW-EN01", "没有登记的主体，不能立案调查：请先查找或登记被执法主体")
        }
        item.data["flow"] = .string(terms.flow)
        item.data["subject"] = .int(subject)
        let source = item.data["source"]?.string ?? "road"
        try tx.execute(
            """
            INSERT INTO enforcement_cases (case_id, subject, category, major, flow, source, place, appeals, final_state)
            VALUES (\(item.id), \(subject), \(category), \(terms.major), \(terms.flow), \(source), \(item.data["place"]?.string), 0, 'running')
            """)
    }

    /// The range is the category's, where it has none the measure's.
    ///
    /// - Throws: `.invalid` with the fields of the step's form.
    private static func judge(_ item: inout WorkflowCase, _ tx: any Transaction) throws {
        guard let measure = try item.data["measure"]?.string.flatMap({ try EnforcementMeasure.terms($0, tx) }) else {
            throw Failure.invalid([FieldFinding("measure", "unknown", "请选择措施库中启用的措施", title: "处置措施")])
        }
        let choice = MeasureChoice(
            kind: measure.kind, fine: item.data["fine"]?.double, days: item.data["suspendDays"]?.int.map { Int($0) }, isConfirmed: item.data["fineConfirmed"]?.int == 1,
            reason: item.data["fineReason"]?.string ?? "")
        let category = try CaseCategory.terms(item.data["category"]?.string ?? "", tx)
        let range = category.map { $0.range.isOpen ? measure.range : $0.range } ?? measure.range
        let findings = choice.findings(range: range, daysMax: measure.daysMax)
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let goesBeyond = choice.fine.map { $0 > 0 && !range.holds($0) } ?? false
        item.data["needsApproval"] = .int(measure.needsApproval || goesBeyond ? 1 : 0)
    }

    /// Those who look after the subject hear that it must stop.
    private func tell(_ item: WorkflowCase, in tx: any Transaction) throws {
        guard let measure = try item.data["measure"]?.string.flatMap({ try EnforcementMeasure.terms($0, tx) }), ["suspend", "revoke"].contains(measure.kind),
            let subject = item.data["subject"]?.int
        else { return }
        try SubjectNotices(platform: platform).stopped(
            subject, days: item.data["suspendDays"]?.int.map { Int($0) }, isRevoked: measure.kind == "revoke", path: "/work/\(item.id)", word: "case \(item.id)", in: tx)
    }

    private func end(_ item: WorkflowCase, as state: String, in tx: any Transaction) throws {
        let now = platform.clock.now
        try tx.execute("UPDATE enforcement_cases SET final_state = \(state), closed_at = COALESCE(closed_at, \(now)) WHERE case_id = \(item.id)")
        let open = try tx.count(
            "SELECT COUNT(*) FROM enforcement_cases WHERE subject = \(item.data["subject"]?.int ?? 0) AND case_id <> \(item.id) AND final_state = 'running' AND filed_at IS NOT NULL"
        )
        let isRevoked = try item.data["measure"]?.string.flatMap { try EnforcementMeasure.terms($0, tx) }?.kind == "revoke" && state == "archived"
        if open == 0, !isRevoked { try mark(item, "normal", in: tx) }
    }

    /// A subject under punishment is 异常, afterwards 正常 again; what is hidden or locked stays so.
    private func mark(_ item: WorkflowCase, _ state: String, in tx: any Transaction) throws {
        guard let id = item.data["subject"]?.int, let before = try tx.value("SELECT state FROM transport_subject WHERE id = \(id) AND deleted_at IS NULL")?.text else { return }
        guard before != state, state == "abnormal" || before == "abnormal" else { return }
        _ = try platform.ledgers.update(EnforcementSubject.ledger.name, id: id, Draft(["state": .string(state)]), by: .system("执法案件 \(item.number)"), in: tx)
    }
}

/// B2.1.5 案件管理, B2.1.10 档案管理, B2.2.10 执法档案: one row is one case with what the archive asks for; a view over the workflow's case and its facts.
///
/// Source: requirements/B-transport.md B2.1.5, B2.1.10, B2.2.10.
package enum CaseRecord {
    package static let ledger = LedgerDeclaration(
        id: "B2.2.10", name: "enforcementCase", title: "执法案件与档案", titleEN: "Enforcement cases", group: EnforcementArea.cases, ownedBy: .enterprise, titleField: "number",
        sortedBy: [LedgerDeclaration.Sort("startedAt", descending: true)], isReadOnly: true, timeField: "startedAt", keptYears: nil, isOwnOrganisation: true,
        view: """
            SELECT c.id, c.org, c.area, c.version, c.started_at AS created_at, c.starter AS created_by, c.started_at AS updated_at, c.starter AS updated_by,
                NULLIF(c.id, c.id) AS deleted_at, c.number, c.title AS subject_name, f.category, f.major, f.source, s.step AS node, f.final_state, c.started_at, s.due_at AS node_due_at,
                c.starter_name AS entered_by, f.assignee_name, f.place, f.measure, f.fine, f.suspend_days, f.paid, f.appeals, f.filed_at, f.decided_by, f.approver, f.approved_at,
                f.closed_at,
                (SELECT COUNT(*) FROM workflow_steps w WHERE w.case_id = c.id AND w.was_late = 1) AS late_steps
            FROM workflow_cases c JOIN enforcement_cases f ON f.case_id = c.id
            LEFT JOIN workflow_steps s ON s.id = (SELECT MIN(o.id) FROM workflow_steps o WHERE o.case_id = c.id AND o.state = 'open')
            """,
        fields: [
            .text("number", "案件编号", marks: [.searchable, .sortable]), .text("subjectName", "当事人", length: 1...100, marks: [.searchable]),
            .code("category", "案件小类", from: .caseCategory, marks: [.filterable, .groupable]),
            .code("major", "案件大类", from: .caseMajor, marks: [.filterable, .groupable, .unlisted]),
            .code("node", "当前环节", from: .caseNode, marks: [.filterable, .groupable]), .code("finalState", "状态", from: .caseFinalState, marks: [.filterable, .groupable]),
            .moment("startedAt", "录入时间", marks: [.filterable, .sortable]), .moment("nodeDueAt", "环节时限", marks: [.filterable, .sortable]),
            .integer("lateSteps", "超期环节", unit: "个", marks: [.sortable, .summable]), .integer("appeals", "申诉", unit: "次", marks: [.filterable, .sortable, .summable]),
            .text("enteredBy", "录入人", marks: [.searchable, .filterable]), .text("assigneeName", "承办人", marks: [.searchable, .filterable]),
            .code("source", "案件来源", from: .caseSource, marks: [.filterable, .groupable, .unlisted]), .text("place", "地点", length: 0...120, marks: [.searchable, .unlisted]),
            .code("measure", "处置措施", from: .caseMeasure, marks: [.filterable, .groupable]), .decimal("fine", "罚款", unit: "元", marks: [.sortable, .summable]),
            .integer("suspendDays", "停业天数", unit: "天", marks: [.unlisted]), .decimal("paid", "实缴", unit: "元", marks: [.summable, .unlisted]),
            .moment("filedAt", "立案时间", marks: [.filterable, .unlisted]),
            .text("decidedBy", "决定人", marks: [.unlisted]), .text("approver", "审批人", marks: [.searchable, .unlisted]), .moment("approvedAt", "审批时间", marks: [.unlisted]),
            .moment("closedAt", "结案时间", marks: [.filterable, .unlisted]),
        ])

    static let addition = LedgerAdditions(
        ledger.name,
        rowActions: [
            LedgerRowAction("办理", "Open", icon: "flow", permission: ledger.readPermission) { "/work/\($0.id)" },
            LedgerRowAction("文书", "Papers", icon: "file", permission: ledger.readPermission) { "/enforcement/cases/\($0.id)/papers" },
        ],
        listActions: [
            LedgerListAction("录入案件", "Enter a case", icon: "plus", path: "/enforcement/subjects", permission: EnforcementPermission.field),
            LedgerListAction("案件统计", "Figures", icon: "chart", path: "/enforcement/statistics", permission: EnforcementPermission.figures),
        ])
}
