import Features
import Identity
import Kernel
import Ledgers
import Storage
import Workflows

/// B2.1.1 案件类别管理, B2.1.12 执法时限, B2.1.15 流转: one row is one category; a small one belongs to a large one and says by which procedure a case of it goes, how long each step may take and
/// how high a fine may be.
///
/// Source: requirements/B-transport.md B2.1.1, B2.1.12, B2.1.15.
package enum CaseCategory {
    package static let ledger = LedgerDeclaration(
        id: "B2.1.1", name: "caseCategory", title: "案件类别", titleEN: "Case categories", group: EnforcementArea.cases, ownedBy: .shared, uniqueBy: ["code"], titleField: "name",
        sortedBy: [LedgerDeclaration.Sort("code")], keptYears: nil, fields: fields)

    private static let fields: [Field] =
        [
            .text("code", "类别编号", length: 1...20, marks: [.required, .searchable, .sortable, .immutable]).section("类别").hint("字母或数字，登记后不能修改"),
            .text("name", "类别名称", length: 2...40, marks: [.required, .searchable]).section("类别"),
            .code("level", "层级", from: .caseLevel, marks: [.required, .filterable, .groupable, .immutable]).section("类别").fallback("minor"),
            .reference("parent", "所属大类", to: "caseCategory", marks: [.filterable, .groupable]).section("类别").hint("小类必填"),
            .note("description", "描述", length: 0...500, marks: [.unlisted]).section("类别"), .bool("isOpen", "启用", marks: [.filterable]).section("类别").fallback("true"),
            .code("flow", "办理程序", from: .caseFlow, marks: [.filterable]).section("流程与幅度").fallback("general").hint("简易程序：现场确认，不经核实与集体讨论"),
            .decimal("fineMin", "罚款下限", places: 2, 0...10_000_000, unit: "元").section("流程与幅度"),
            .decimal("fineMax", "罚款上限", places: 2, 0...10_000_000, unit: "元").section("流程与幅度").hint("不填按措施的幅度"),
        ] + nodes.map { .integer($0.node + "Hours", $0.title, 1...2000, unit: "工作小时", marks: [.unlisted]).section("各环节时限").fallback(String($0.hours)) }

    /// Steps whose time a category sets, with what a new one starts with. Eight working hours, less the break, are one day.
    static let nodes: [(node: String, title: String, hours: Int)] = [
        ("dispatch", "派单", 4), ("verify", "核实", 24), ("evidence", "现场取证", 40), ("appealPeriod", "申诉期", 40), ("answer", "申诉答复", 40), ("discussion", "集体讨论", 56),
        ("decision", "处置决定", 40), ("approval", "上级审批", 40), ("upward", "上级处理", 24), ("publicity", "公示", 56), ("execution", "执行", 120), ("closing", "结案", 24),
    ]

    /// What a case of a small category goes by.
    struct Terms: Sendable, Equatable {
        var name: String
        var major: String?
        var flow: String
        var range: FineRange
        var hours: [String: Int]
    }

    /// - Returns: nil for a code of no small category.
    static func terms(_ code: String, _ reader: any Reader) throws -> Terms? {
        guard
            let row = try reader.first("SELECT c.*, p.code AS major FROM case_category c LEFT JOIN case_category p ON p.id = c.parent WHERE c.code = \(code) AND c.level = 'minor'")
        else { return nil }
        let hours = nodes.reduce(into: [String: Int]()) { all, node in all[node.node] = row.int(snakeCased(node.node + "Hours")).map { Int($0) } }
        return Terms(
            name: row.text("name") ?? code, major: row.text("major"), flow: row.text("flow") ?? "general",
            range: FineRange(minimum: row.double("fine_min"), maximum: row.double("fine_max")), hours: hours)
    }

    static func register(on platform: Platform) {
        let ledgers = platform.ledgers
        ledgers.onPrepare(of: ledger.name) { draft, before, _, tx in
            func text(_ name: String) -> String? { draft.values[name].map { $0.string ?? "" } ?? before?.values[name]?.text }
            var findings: [FieldFinding] = []
            let parent = draft.values["parent"].map { $0.int ?? $0.string.flatMap { Int64($0) } } ?? before?.values["parent"]?.int
            let parentLevel = try parent.flatMap { try tx.value("SELECT level FROM case_category WHERE id = \($0) AND deleted_at IS NULL")?.text }
            if text("level") ?? "minor" == "minor", parentLevel != "major" { findings.append(FieldFinding("parent", "required", "小类须选择一个大类", title: "所属大类")) }
            if text("level") == "major", parent != nil { findings.append(FieldFinding("parent", "range", "大类没有上级", title: "所属大类")) }
            if let code = draft.values["code"]?.string, !code.utf8.allSatisfy({ ($0 | 0x20 >= 97 && $0 | 0x20 <= 122) || (48...57).contains($0) }) {
                findings.append(FieldFinding("code", "format", "只能用字母和数字", title: "类别编号"))
            }
            func number(_ name: String) -> Double? {
                draft.values[name].map { $0.double ?? $0.string.flatMap { Double($0) } } ?? before?.values[name]?.double
            }
            if let low = number("fineMin"), let high = number("fineMax"), low > high { findings.append(FieldFinding("fineMax", "range", "不能低于下限", title: "罚款上限")) }
            guard findings.isEmpty else { throw Failure.invalid(findings) }
        }
        ledgers.onChange(of: ledger.name) { change, tx in
            guard let row = change.record else { return }
            let isMajor = row.values["level"]?.text == "major"
            let isOffered = change.kind != .deleted && row.deletedAt == nil && row.values["isOpen"]?.int != 0
            try CodeMirror.keep(
                isMajor ? .caseMajor : .caseCategory, code: row.values["code"]?.text ?? "", title: row.values["name"]?.text ?? "", isOffered: isOffered, ledgers: ledgers,
                by: change.by,
                in: tx)
        }
        platform.workflows.onDeadline(of: EnforcementCase.workflow.name) { item, step, reader in
            guard let code = item.data["category"]?.string, let hours = try terms(code, reader)?.hours[step.name] else { return nil }
            return .within(.workingHours(hours))
        }
    }
}
