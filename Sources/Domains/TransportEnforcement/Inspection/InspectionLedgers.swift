import Features
import Identity
import Kernel
import Ledgers
import Storage

/// B1.1.1 行业管理: one row is one industry with the items that are inspected and those that enterprises check themselves.
package enum TransportIndustry {
    package static let ledger = LedgerDeclaration(
        id: "B1.1.1", name: "transportIndustry", title: "行业与检查范围", titleEN: "Industries", group: EnforcementArea.inspection, ownedBy: .shared, uniqueBy: ["code"],
        titleField: "name",
        sortedBy: [LedgerDeclaration.Sort("code")], keptYears: nil,
        fields: [
            .text("code", "行业编号", length: 1...20, marks: [.required, .searchable, .sortable, .immutable]), .text("name", "行业名称", length: 2...40, marks: [.required, .searchable]),
            .codes("items", "所涉监管项", from: .inspectionItem, marks: [.unlisted]).hint("本行业主体到期自动生成待查"), .codes("selfItems", "企业自检项", from: .inspectionItem, marks: [.unlisted]),
            .bool("isOpen", "启用", marks: [.filterable]).fallback("true"), .note("description", "说明", length: 0...500),
        ])
}

/// B1.1.3 监督检查项: one row is one item of the sixteen responsibilities, with the days after which it is inspected again and the range of its fine.
package enum InspectionItem {
    package static let ledger = LedgerDeclaration(
        id: "B1.1.3", name: "inspectionItem", title: "监督检查项", titleEN: "Inspection items", group: EnforcementArea.inspection, ownedBy: .shared, uniqueBy: ["code"],
        titleField: "name",
        sortedBy: [LedgerDeclaration.Sort("code")], keptYears: nil,
        fields: [
            .text("code", "检查项编号", length: 1...20, marks: [.required, .searchable, .sortable, .immutable]), .text("name", "检查项", length: 2...80, marks: [.required, .searchable]),
            .code("responsibility", "所属主体责任", from: .mainResponsibility, marks: [.required, .filterable, .groupable]),
            .integer("recheckDays", "重新检查周期", 1...1095, unit: "天", marks: [.required, .sortable]).fallback("90"),
            .code("itemGroup", "分组", from: .itemGroup, marks: [.required, .filterable, .groupable]).fallback("base"),
            .bool("isSpecial", "特种事项", marks: [.filterable]).fallback("false"), .decimal("fineMin", "处罚下限", places: 2, 0...10_000_000, unit: "元"),
            .decimal("fineMax", "处罚上限", places: 2, 0...10_000_000, unit: "元"), .note("guide", "检查要点", length: 0...500, marks: [.unlisted]),
            .bool("isOpen", "启用", marks: [.filterable]).fallback("true"),
        ])

    struct Terms: Sendable, Equatable {
        var id: Int64
        var code: String
        var name: String
        var responsibility: String
        var days: Int
        var isSpecial: Bool
        var range: FineRange
        var guide: String
    }

    /// Items in use, by code.
    static func all(_ reader: any Reader) throws -> [Terms] {
        try reader.rows("SELECT * FROM inspection_item WHERE deleted_at IS NULL AND is_open = 1 ORDER BY code LIMIT 1000").map { row in
            Terms(
                id: row.int("id") ?? 0, code: row.text("code") ?? "", name: row.text("name") ?? "", responsibility: row.text("responsibility") ?? "",
                days: Int(row.int("recheck_days") ?? 90),
                isSpecial: row.bool("is_special"), range: FineRange(minimum: row.double("fine_min"), maximum: row.double("fine_max")), guide: row.text("guide") ?? "")
        }
    }

    static func register(on platform: Platform) {
        let ledgers = platform.ledgers
        for (name, dictionary) in [(ledger.name, DictionaryName.inspectionItem), (TransportIndustry.ledger.name, .transportIndustry)] {
            ledgers.onChange(of: name) { change, tx in
                guard let row = change.record else { return }
                let isOffered = change.kind != .deleted && row.deletedAt == nil && row.values["isOpen"]?.int != 0
                try CodeMirror.keep(
                    dictionary, code: row.values["code"]?.text ?? "", title: row.values["name"]?.text ?? "", isOffered: isOffered, ledgers: ledgers, by: change.by, in: tx)
            }
        }
    }
}

/// B1.3.4、B2.2.4 检查项绑定: one row says which items one person inspects; who has none inspects all.
package enum ItemBinding {
    package static let ledger = LedgerDeclaration(
        id: "B1.3.4", name: "itemBinding", title: "检查项绑定", titleEN: "Item bindings", group: EnforcementArea.inspection, ownedBy: .authority, uniqueBy: ["login"],
        titleField: "personName",
        sortedBy: [LedgerDeclaration.Sort("login")], keptYears: nil,
        fields: [
            .text("login", "登录名", length: 2...32, marks: [.required, .searchable, .sortable, .immutable]).hint("检查人员的登录名"),
            .text("personName", "姓名", marks: [.readOnly, .searchable]),
            .codes("items", "可检查项", from: .inspectionItem, marks: [.required]).hint("移动端只出现这些检查项，超出的须流转"), .note("remark", "备注", length: 0...300, marks: [.unlisted]),
        ])

    static func register(on platform: Platform) {
        platform.ledgers.onPrepare(of: ledger.name) { draft, before, principal, tx in
            guard before == nil else { return }
            let login = User.normalized(draft.values["login"]?.string ?? "")
            let found = try tx.first(
                """
                SELECT u.name, u.organisation, o.area FROM users u JOIN organisations o ON o.id = u.organisation JOIN user_roles ur ON ur.user_id = u.id
                JOIN roles r ON r.id = ur.role_id AND r.name = \(EnforcementRole.inspector) WHERE u.login = \(login) AND u.state = 'active'
                """)
            guard let found, principal.scope.admits(org: found.int("organisation"), area: found.text("area")) else {
                throw Failure.invalid([FieldFinding("login", "unknown", "不是管辖范围内在用的检查人员账号", title: "登录名")])
            }
            draft.values["login"] = .string(login)
            draft.values["personName"] = JSONValue(found.text("name"))
            draft.org = found.int("organisation")
            draft.area = found.text("area")
        }
    }

    /// - Returns: nil where the person is bound to nothing and inspects all.
    static func items(of login: String, _ reader: any Reader) throws -> Set<String>? {
        guard let text = try reader.value("SELECT items FROM item_binding WHERE login = \(login) AND deleted_at IS NULL")?.text else { return nil }
        return Set((try JSONValue(parsing: text)).array?.compactMap(\.string) ?? [])
    }
}

/// B1.1.0 检查专项: one row is one campaign over kinds of subjects and items; what is to be inspected comes from it.
package enum InspectionCampaign {
    package static let ledger = LedgerDeclaration(
        id: "B1.1.0", name: "inspectionCampaign", title: "检查专项", titleEN: "Campaigns", group: EnforcementArea.inspection, ownedBy: .authority, titleField: "name",
        sortedBy: [LedgerDeclaration.Sort("startOn", descending: true)], timeField: "startOn",
        fields: [
            .text("name", "专项名称", length: 2...60, marks: [.required, .searchable]),
            .code("kind", "专项类型", from: .campaignKind, marks: [.required, .filterable, .groupable]).fallback("regular"),
            .day("startOn", "开始日期", marks: [.required, .filterable, .sortable]), .day("endOn", "截止日期", marks: [.required, .filterable]),
            .codes("subjectKinds", "检查对象", from: .transportSubjectKind, marks: [.required]), .codes("items", "检查项", from: .inspectionItem, marks: [.required, .unlisted]),
            .code("state", "状态", from: .campaignState, marks: [.readOnly, .filterable]).fallback("draft"), .integer("generated", "待查项", unit: "项", marks: [.readOnly, .summable]),
            .note("requirement", "检查要求", length: 0...1000, marks: [.unlisted]),
        ])

    static let addition = LedgerAdditions(
        ledger.name,
        rowActions: [
            LedgerRowAction("下发", "Issue", icon: "send", permission: ledger.writePermission, opensDialog: true) { record in
                record.values["state"]?.text == "draft" && record.deletedAt == nil ? "/inspection/campaigns/\(record.id)/issue" : nil
            }
        ])
}

/// B1.1.3 待查项, shown: one row is one item that one subject is to be inspected for; the engine of inspection writes it.
package enum PendingInspection {
    package static let ledger = LedgerDeclaration(
        id: "B1.1.3-1", name: "pendingInspection", title: "待查项", titleEN: "To be inspected", group: EnforcementArea.inspection, ownedBy: .enterprise, titleField: "itemName",
        sortedBy: [LedgerDeclaration.Sort("dueOn")], isReadOnly: true, timeField: "dueOn", isOwnOrganisation: true,
        view: """
            SELECT p.id, p.org, p.area, 1 AS version, p.created_at, 0 AS created_by, p.created_at AS updated_at, 0 AS updated_by, NULLIF(p.id, p.id) AS deleted_at, s.name AS subject_name,
                s.kind AS subject_kind, i.name AS item_name, i.responsibility, p.due_on, p.origin, p.state, p.assignee_name, p.done_at
            FROM pending_inspections p JOIN transport_subject s ON s.id = p.subject JOIN inspection_item i ON i.id = p.item
            """,
        fields: [
            .text("subjectName", "主体", length: 1...100, marks: [.searchable]), .code("subjectKind", "主体类别", from: .transportSubjectKind, marks: [.filterable, .groupable]),
            .text("itemName", "检查项", length: 1...100, marks: [.searchable]),
            .code("responsibility", "主体责任", from: .mainResponsibility, marks: [.filterable, .groupable, .unlisted]),
            .day("dueOn", "应查日期", marks: [.filterable, .sortable]), .code("origin", "来由", from: .pendingOrigin, marks: [.filterable, .groupable]),
            .code("state", "状态", from: .pendingState, marks: [.filterable, .groupable]), .text("assigneeName", "检查人员", marks: [.searchable, .filterable]),
            .moment("doneAt", "检查时间", marks: [.unlisted]),
        ])
}

/// B1.3.10 监管检查档案: one row is one inspection with what was found and what came of it.
package enum InspectionRecord {
    package static let ledger = LedgerDeclaration(
        id: "B1.3.10", name: "inspectionRecord", title: "检查记录与档案", titleEN: "Inspections", group: EnforcementArea.inspection, ownedBy: .enterprise, titleField: "subjectName",
        sortedBy: [LedgerDeclaration.Sort("inspectedAt", descending: true)], isReadOnly: true, timeField: "inspectedAt", keptYears: nil, isOwnOrganisation: true,
        view: """
            SELECT r.id, r.org, r.area, 1 AS version, r.inspected_at AS created_at, r.officer AS created_by, r.inspected_at AS updated_at, r.officer AS updated_by,
                NULLIF(r.id, r.id) AS deleted_at, s.name AS subject_name, r.kind, r.inspected_at, r.officer_name, r.passed, r.failed, r.ignored, r.failed_names, r.stage, r.final_state, r.measure,
                r.amount, r.approver, r.approved_at
            FROM inspection_records r JOIN transport_subject s ON s.id = r.subject
            """,
        fields: [
            .text("subjectName", "被检查主体", length: 1...100, marks: [.searchable]), .code("kind", "检查类型", from: .inspectionKind, marks: [.filterable, .groupable]),
            .moment("inspectedAt", "检查时间", marks: [.filterable, .sortable]), .text("officerName", "检查人员", marks: [.searchable, .filterable]),
            .integer("passed", "合格", unit: "项", marks: [.summable]), .integer("failed", "不达标", unit: "项", marks: [.filterable, .sortable, .summable]),
            .integer("ignored", "忽略", unit: "项", marks: [.summable, .unlisted]), .text("failedNames", "不达标事项", length: 0...2000, marks: [.searchable]),
            .code("stage", "措施阶段", from: .inspectionStage, marks: [.filterable, .groupable]),
            .code("finalState", "最终状态", from: .inspectionFinal, marks: [.filterable, .groupable]),
            .code("measure", "处罚措施", from: .caseMeasure, marks: [.filterable]), .decimal("amount", "处罚金额", unit: "元", marks: [.summable]),
            .text("approver", "审批人", marks: [.unlisted]),
            .moment("approvedAt", "审批时间", marks: [.unlisted]),
        ])

    static let addition = LedgerAdditions(
        ledger.name,
        rowActions: [
            LedgerRowAction("详情", "Details", icon: "file", permission: ledger.readPermission) { "/inspection/records/\($0.id)" },
            LedgerRowAction("处置", "Decide", icon: "scale", permission: EnforcementPermission.decide, opensDialog: true) { record in
                record.values["finalState"]?.text == "decide" ? "/inspection/records/\(record.id)/decide" : nil
            },
        ])
}
