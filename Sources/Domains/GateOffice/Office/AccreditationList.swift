import Features
import Hummingbird
import Identity
import Kernel
import Ledgers
import MobileSources
import Storage
import Web

/// A-20, A-21: the supervisor's list of maintenance units: what waits, what ends soon, what holds.
struct AccreditationList: Sendable {
    let gates: GateSupervision

    func add(to routes: Routes) { routes.get("/accreditation", permission: .named(GatePermission.accreditation), use: list) }

    private enum Part: String, CaseIterable {
        case waiting, soon, approved, stopped

        var title: String {
            switch self {
            case .waiting: "待审核"
            case .soon: "即将到期"
            case .approved: "已授权"
            case .stopped: "停用、到期、吊销"
            }
        }

        func condition(_ today: Day) -> SQL {
            let soon = today.adding(days: AccreditationDesk.warningDays)
            return switch self {
            case .waiting: "(COALESCE(state, 'applied') = 'applied' OR (renewal_asked_at IS NOT NULL AND state = 'approved'))"
            case .soon: "state = 'approved' AND valid_to IS NOT NULL AND valid_to <= \(soon)"
            case .approved: "state = 'approved'"
            case .stopped: "state IN ('suspended', 'expired', 'revoked', 'rejected')"
            }
        }
    }

    private static let pageSize = 50

    private struct Found: Sendable {
        var units: [Record]
        var counts: [Int]
        var keys: [String: Int]
        var hasMore: Bool
    }

    private func find(_ part: Part?, _ text: String?, after: Int64, _ principal: Principal) async throws -> Found {
        let today = gates.clock.today
        var base: [SQL] = ["deleted_at IS NULL", principal.scope == .everything ? "1 = 1" : "(area IS NULL OR \(principal.scope.condition()))"]
        if let text { base.append(.contains(text, in: "name", "accreditation_no", "credit_code")) }
        let conditions = base
        return try await gates.database.read { [gates] reader in
            let sums = Part.allCases.map { one -> SQL in "SUM(CASE WHEN \(one.condition(today)) THEN 1 ELSE 0 END)" }
            let counted = try reader.first("SELECT COUNT(*), \(SQL.joined(sums, by: ", ")) FROM maintenance_unit WHERE \(SQL.all(of: conditions))")
            var wanted = conditions
            if let part { wanted.append(part.condition(today)) }
            if after > 0 { wanted.append("id < \(after)") }
            let ids = try reader.rows("SELECT id FROM maintenance_unit WHERE \(SQL.all(of: wanted)) ORDER BY id DESC LIMIT \(Self.pageSize + 1)").compactMap { $0[0].int }
            let units = try ids.prefix(Self.pageSize).compactMap { try gates.ledgers.find(MaintenanceUnit.ledger.name, id: $0, by: principal, in: reader) }
            var keys: [String: Int] = [:]
            let names = units.map { "maintenanceUnit-\($0.id)" }
            try reader.each(
                "SELECT c.name, COUNT(*) FROM signed_clients c JOIN signed_client_keys k ON k.client_id = c.id WHERE k.state = 'active' AND c.name IN (\(list: names)) GROUP BY c.name"
            ) { row in
                keys[row[0].text ?? ""] = Int(row[1].int ?? 0)
                return true
            }
            return Found(units: units, counts: (0...Part.allCases.count).map { Int(counted?[$0].int ?? 0) }, keys: keys, hasMore: ids.count > Self.pageSize)
        }
    }

    @Sendable private func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let part = context.here["part"].flatMap(Part.init)
        let found = try await find(part, context.here["q"], after: context.here["after"].flatMap { Int64($0) } ?? 0, principal)
        let columns = [
            Column("name", "单位名称", isWrapping: true), Column("no", "授权认证编号"), Column("state", "授权状态"), Column("valid", "有效期至"), Column("keys", "有效密钥", align: .end),
            Column("at", "申请或登记时间"),
        ]
        let rows = found.units.map { row($0, found.keys) }
        let address = context.here.with("after", nil)
        var tabs = [Tabs.Tab("全部", address.with("part", nil).text, isActive: part == nil, count: found.counts[0])]
        for (index, one) in Part.allCases.enumerated() {
            tabs.append(Tabs.Tab(one.title, address.with("part", one.rawValue).text, isActive: part == one, count: found.counts[index + 1]))
        }
        let action: Markup =
            context.may(MaintenanceUnit.ledger.writePermission)
            ? "\(ActionButton("登记运维单位", .dialog("/ledgers/\(MaintenanceUnit.ledger.name)/new"), icon: "plus", style: .primary))" : .empty
        let export: Markup =
            context.may("\(MaintenanceUnit.ledger.name).export")
            ? "\(ActionButton("台账与导出", .link("/ledgers/\(MaintenanceUnit.ledger.name)"), icon: "list", style: .quiet))" : .empty
        let search = SearchForm(
            action: "/accreditation", fields: [FormField("q", "关键字", .text, value: context.here["q"], placeholder: "单位名称、编号、信用代码", maxLength: 60)], table: "units",
            kept: part.map { [.init("part", $0.rawValue)] } ?? [])
        let pager = Pager(
            first: context.here["after"] == nil ? nil : address.text, previous: nil, next: found.hasMore ? found.units.last.map { address.with("after", String($0.id)).text } : nil,
            size: Self.pageSize, sizes: [])
        let table = DataTable(
            id: "units", columns: columns, rows: rows, address: context.here, toolbar: "\(Tabs(tabs))", pager: pager,
            empty: part == .waiting ? "没有待审核的申请" : "没有符合条件的运维单位；单位可用运维单位账号登录后自行申请，也可由主管部门登记")
        return Shell.page(
            "运维单位授权", crumbs: [Crumb("企业与门禁"), Crumb("运维单位授权")], active: "/accreditation", actions: "\(export)\(action)", body: "\(search)\(table)", context: context)
    }

    private func row(_ unit: Record, _ keys: [String: Int]) -> TableRow {
        let renewal: Markup = unit[MaintenanceUnit.renewalAskedAt] == nil ? .empty : " \(Badge("申请续期", .info))"
        let cells: [Markup] = [
            "\(unit[MaintenanceUnit.name])", "<span class=\"mono\">\(unit[MaintenanceUnit.accreditationNo])</span>",
            "\(UnitFace.badge(unit[MaintenanceUnit.state] ?? "applied"))\(renewal)",
            UnitFace.validity(unit, today: gates.clock.today), "\(keys["maintenanceUnit-\(unit.id)"] ?? 0)", "\(unit[MaintenanceUnit.appliedAt] ?? unit.createdAt)",
        ]
        return TableRow(id: String(unit.id), cells, path: "/accreditation/\(unit.id)")
    }
}
