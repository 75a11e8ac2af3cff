import Cryptography
import Features
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// B1.1.2 被检查主体管理, B2.1.2 被执法主体管理: one row is one subject of supervision, a carrier, an individual or a vehicle's keeper; `org` is its organisation, by which grids and data scopes find it.
///
/// Source: requirements/B-transport.md B1.1.2, B2.1.2, 实体 Subject, SubjectQRCode.
package enum EnforcementSubject {
    package static let ledger = LedgerDeclaration(
        id: "B1.1.2", name: "transportSubject", title: "运输主体", titleEN: "Transport subjects", group: EnforcementArea.inspection, ownedBy: .enterprise, uniqueBy: ["org"],
        titleField: "name",
        sortedBy: [LedgerDeclaration.Sort("name")], keptYears: nil, isOwnOrganisation: true, fields: fields)

    private static let fields: [Field] = [
        .text("name", "名称", length: 2...60, marks: [.required, .searchable, .sortable]).section("基本信息"),
        .code("kind", "类别", from: .transportSubjectKind, marks: [.required, .filterable, .groupable]).section("基本信息").fallback("freight"),
        .code("industry", "所属行业", from: .transportIndustry, marks: [.filterable, .groupable]).section("基本信息").hint("行业决定检查项"),
        .code("state", "状态", from: .transportSubjectState, marks: [.required, .filterable, .groupable]).section("基本信息").fallback("normal").hint("锁止：存在问题须优先处理；异常：经营违规正受处罚"),
        .text("plateNo", "车牌号码", length: 0...80, marks: [.searchable]).section("基本信息").hint("可写多个，以顿号分开"),
        .text("creditCode", "统一社会信用代码", length: 18...18, check: .creditCode, marks: [.searchable, .unlisted]).section("基本信息"),
        .text("idCard", "身份证号码", length: 18...18, check: .idCard, marks: [.personal, .unlisted, .filterable]).section("基本信息").hint("个人填写；加密保存，执法人员按全号查找"),
        .text("businessScope", "经营范围", length: 0...300, marks: [.unlisted]).section("基本信息"), .day("registeredOn", "注册时间", marks: [.filterable, .unlisted]).section("基本信息"),
        .day("expiresOn", "截止时间", marks: [.filterable, .sortable]).section("基本信息"), .text("authority", "所属监管部门", length: 0...60, marks: [.filterable, .unlisted]).section("监管"),
        .text("contact", "联系人", length: 0...30, marks: [.personal, .unlisted]).section("联系"),
        .text("phone", "联系电话", length: 5...20, check: .phone, marks: [.personal]).section("联系"),
        .text("address", "地址", length: 0...200, marks: [.searchable]).section("联系"), .location("location", "位置", marks: [.unlisted]).section("联系").hint("位置决定所属网格"),
        .note("intro", "基本信息介绍", length: 0...1000, marks: [.unlisted]).section("介绍"),
    ]

    // MARK: The code on its door

    /// The path of the page that a code opens; unguessable, the same for ever.
    package static func codePath(of id: Int64, _ keys: KeyRing) -> String { "/m/subjects/\(id)-\(tag(id, keys))" }

    /// - Returns: nil for a code that was not made here.
    static func id(ofCode text: String, _ keys: KeyRing) -> Int64? {
        let parts = text.split(separator: "-")
        guard parts.count == 2, let id = Int64(parts[0]), constantTimeEqual(String(parts[1]), tag(id, keys)) else { return nil }
        return id
    }

    private static func tag(_ id: Int64, _ keys: KeyRing) -> String { String(keys.stableMAC(purpose: "transport subject").tag("subject \(id)").hex.prefix(24)) }

    static let addition = LedgerAdditions(
        ledger.name,
        tabs: [
            LedgerTab("cases", "执法案件", "Cases", permission: CaseRecord.ledger.readPermission) { record, context, reader in try cases(of: record, context, reader) }
        ],
        rowActions: [
            LedgerRowAction("执法", "Enforce", icon: "shield", permission: EnforcementPermission.field) { $0.deletedAt == nil ? "/enforcement/subjects/\($0.id)/case" : nil },
            LedgerRowAction("二维码", "Code", icon: "qr", permission: ledger.readPermission, opensDialog: true) { $0.deletedAt == nil ? "/enforcement/subjects/\($0.id)/code" : nil },
        ],
        listActions: [LedgerListAction("查找主体并执法", "Find and enforce", icon: "search", path: "/enforcement/subjects", permission: EnforcementPermission.field)])

    private static func cases(of record: Record, _ context: WebContext, _ reader: any Reader) throws -> Markup {
        let rows = try reader.rows(
            """
            SELECT c.id, c.number, f.category, f.final_state, c.started_at FROM enforcement_cases f JOIN workflow_cases c ON c.id = f.case_id WHERE f.subject = \(record.id)
            ORDER BY c.id DESC LIMIT 100
            """)
        let lines = rows.map { row in
            TableRow(
                id: String(row.int("id") ?? 0),
                ["\(row.text("number"))", "\(row.text("category"))", "\(row.text("final_state").flatMap { Self.finalTitles[$0] })", "\(row.moment("started_at"))"],
                path: "/work/\(row.int("id") ?? 0)")
        }
        let columns = [Column("number", "案件编号"), Column("category", "小类"), Column("state", "状态"), Column("at", "录入时间")]
        return "\(DataTable(id: "subject-cases", columns: columns, rows: lines, address: context.here, empty: "没有执法案件", hasTools: false))"
    }

    private static let finalTitles: [String: String] = ["running": "办理中", "archived": "已结案归档", "dismissed": "不予立案或撤销", "transferred": "移送上级部门", "cancelled": "已终止"]
}
