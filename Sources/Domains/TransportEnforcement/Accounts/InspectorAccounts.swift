import Features
import Identity
import Kernel
import Ledgers
import Storage

/// B1.1.6.1 检查员账号: an account with its department, grid and items of inspection is one act; so is a change of what it is bound to.
///
/// Source: requirements/B-transport.md B1.1.6.1.
package struct InspectorAccounts: Sendable {
    let platform: Platform

    package init(platform: Platform) { self.platform = platform }

    /// What the form says of a person.
    package struct Entry: Sendable, Equatable {
        package var login = ""
        package var name = ""
        package var phone = ""
        package var idCard = ""
        /// 所属部门: an authority within the reach of whoever makes the account.
        package var organisation: Int64?
        package var grid: Int64?
        /// Codes of items; empty inspects all.
        package var items: [String] = []
        /// 身份: the post in the grid, such as 网格长.
        package var post = "网格员"
        /// 工作职责.
        package var duties = ""

        package init() {}
    }

    /// One inspector as the list shows them.
    package struct Line: Sendable, Equatable {
        package var id: Int64
        package var login: String
        package var name: String
        package var organisation: String
        package var isActive: Bool
        package var grids: [String]
        package var items: Int
        package var post: String
    }

    /// Inspectors within the scope, newest first.
    package func lines(keyword: String?, before: Int64?, limit: Int, by principal: Principal, in reader: any Reader) throws -> [Line] {
        var conditions: [SQL] = ["r.name = \(EnforcementRole.inspector)", principal.scope.condition(org: "u.organisation", area: "u.area")]
        if let keyword { conditions.append(.contains(keyword, in: "u.name", "u.login", "o.name")) }
        if let before { conditions.append("u.id < \(before)") }
        let rows = try reader.rows(
            """
            SELECT u.id, u.login, u.name, u.state, o.name AS place FROM users u JOIN organisations o ON o.id = u.organisation JOIN user_roles ur ON ur.user_id = u.id
            JOIN roles r ON r.id = ur.role_id WHERE \(SQL.all(of: conditions)) ORDER BY u.id DESC LIMIT \(limit)
            """)
        let ids = rows.compactMap { $0.int("id") }, logins = rows.compactMap { $0.text("login") }
        var grids: [Int64: [(name: String, post: String)]] = [:]
        for row in try reader.rows(
            "SELECT m.user_id, m.post, un.name FROM unit_members m JOIN units un ON un.id = m.unit_id WHERE un.tree = 'grid' AND m.user_id IN (\(list: ids)) ORDER BY m.since LIMIT 1000"
        ) {
            grids[row.int("user_id") ?? 0, default: []].append((row.text("name") ?? "", row.text("post") ?? ""))
        }
        let bound = try reader.rows("SELECT login, items FROM item_binding WHERE deleted_at IS NULL AND login IN (\(list: logins))").reduce(into: [String: Int]()) {
            $0[$1.text("login") ?? ""] = try $1.text("items").map { (try JSONValue(parsing: $0)).array?.count ?? 0 } ?? 0
        }
        return rows.map { row in
            let id = row.int("id") ?? 0, login = row.text("login") ?? ""
            return Line(
                id: id, login: login, name: row.text("name") ?? "", organisation: row.text("place") ?? "", isActive: row.text("state") == "active",
                grids: grids[id]?.map(\.name) ?? [], items: bound[login] ?? 0, post: grids[id]?.first?.post ?? "")
        }
    }

    /// The authorities in whose name an inspector may work, within the scope.
    package func departments(by principal: Principal, in reader: any Reader) throws -> [(id: Int64, name: String)] {
        try reader.rows(
            """
            SELECT id, name FROM organisations WHERE kind IN ('city', 'county') AND state = 'active' AND \(principal.scope.condition(org: "id")) ORDER BY area, name LIMIT 500
            """
        ).map { ($0.int("id") ?? 0, $0.text("name") ?? "") }
    }

    /// Grids in use within the scope, from above down.
    package func grids(by principal: Principal, in reader: any Reader) throws -> [(id: Int64, name: String)] {
        try reader.rows(
            "SELECT un.id, un.name, un.depth FROM units un WHERE un.tree = 'grid' AND un.state = 'active' AND \(principal.scope.condition(org: "un.org", area: "un.area")) ORDER BY un.path LIMIT 2000"
        )
        .map { row in (row.int("id") ?? 0, String(repeating: "　", count: Int(row.int("depth") ?? 1) - 1) + (row.text("name") ?? "")) }
    }

    /// Account, register of grid officers, post in the grid and binding of items, all or nothing.
    ///
    /// - Parameter passwordHash: made before the transaction.
    /// - Throws: `.forbidden`; `.invalid` with every wrong field.
    package func open(_ entry: Entry, passwordHash: String, by principal: Principal, in tx: any Transaction) throws -> Int64 {
        try principal.require("user.write", "用户管理")
        try principal.require(ItemBinding.ledger.writePermission, "检查项绑定")
        let role = try tx.first("SELECT id FROM roles WHERE name = \(EnforcementRole.inspector)")?.int("id")
        let (unit, findings) = try judged(entry, isNew: true, by: principal, tx)
        let draft = UserDraft(
            login: entry.login, name: entry.name, phone: entry.phone.isEmpty ? nil : entry.phone, organisation: entry.organisation, roles: role.map { [$0] } ?? [])
        let others = try platform.identity.users.findings(for: draft, id: nil, by: principal, tx)
        guard findings.isEmpty, others.isEmpty, let unit else { throw Failure.invalid(findings + others) }
        let id = try platform.identity.users.insert(draft, passwordHash: passwordHash, by: principal, in: tx)
        try register(entry, unit, by: principal, in: tx)
        try bind(entry, by: principal, in: tx)
        return id
    }

    /// Moves an inspector to another grid and binds other items; the account itself is kept under 用户管理.
    package func rebind(_ entry: Entry, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(ItemBinding.ledger.writePermission, "检查项绑定")
        let (unit, findings) = try judged(entry, isNew: false, by: principal, tx)
        guard findings.isEmpty, let unit else { throw Failure.invalid(findings) }
        try register(entry, unit, by: principal, in: tx)
        try bind(entry, by: principal, in: tx)
    }

    /// What an inspector is bound to now.
    ///
    /// - Throws: `.notFound` for whoever is no inspector within the scope.
    package func entry(of user: Int64, by principal: Principal, in reader: any Reader) throws -> Entry {
        let row = try reader.first(
            """
            SELECT u.login, u.name, u.organisation FROM users u JOIN user_roles ur ON ur.user_id = u.id JOIN roles r ON r.id = ur.role_id
            WHERE u.id = \(user) AND r.name = \(EnforcementRole.inspector) AND \(principal.scope.condition(org: "u.organisation", area: "u.area"))
            """)
        guard let row else { throw Failure.notFound("该检查人员") }
        var entry = Entry()
        entry.login = row.text("login") ?? ""
        entry.name = row.text("name") ?? ""
        entry.organisation = row.int("organisation")
        let post = try reader.first(
            "SELECT m.unit_id, m.post FROM unit_members m JOIN units un ON un.id = m.unit_id WHERE un.tree = 'grid' AND m.user_id = \(user) ORDER BY m.is_active DESC, m.since LIMIT 1"
        )
        entry.grid = post?.int("unit_id")
        entry.post = post?.text("post") ?? entry.post
        if let binding = try reader.first("SELECT items, remark FROM item_binding WHERE login = \(entry.login) AND deleted_at IS NULL") {
            entry.items = try binding.text("items").map { (try JSONValue(parsing: $0)).array?.compactMap(\.string) ?? [] } ?? []
            entry.duties = binding.text("remark") ?? ""
        }
        return entry
    }

    /// Codes of all items in use of some groups (检查项分组).
    package func items(ofGroups groups: [String], in reader: any Reader) throws -> [String] {
        try reader.rows("SELECT code FROM inspection_item WHERE deleted_at IS NULL AND is_open = 1 AND item_group IN (\(list: groups)) ORDER BY code LIMIT 1000").compactMap {
            $0.text("code")
        }
    }

    private func judged(_ entry: Entry, isNew: Bool, by principal: Principal, _ reader: any Reader) throws -> (unit: Unit?, findings: [FieldFinding]) {
        var findings: [FieldFinding] = []
        if isNew {
            let names = try departments(by: principal, in: reader).map(\.id)
            if entry.organisation.map(names.contains) != true { findings.append(FieldFinding("organisation", "unknown", "请选择管辖范围内的部门", title: "所属部门")) }
            if !hasRegister, !entry.idCard.isEmpty { findings.append(FieldFinding("idCard", "unknown", "没有网格人员台账，不登记身份证号码", title: "身份证号码")) }
        }
        let unit = try entry.grid.flatMap { try platform.identity.units.find($0, scope: principal.scope, reader) }
        if unit == nil || unit?.tree != .grid { findings.append(FieldFinding("grid", "unknown", "请选择管辖范围内的网格", title: "所属网格")) }
        if entry.items.isEmpty { findings.append(FieldFinding("items", "required", "至少选择一个检查项", title: "检查内容")) }
        if !(1...30).contains(entry.post.count) { findings.append(FieldFinding("post", "range", "应为 1—30 个字", title: "身份")) }
        if entry.duties.count > 300 { findings.append(FieldFinding("duties", "range", "不能超过 300 字", title: "工作职责")) }
        let known = Set(try InspectionItem.all(reader).map(\.code))
        if entry.items.contains(where: { !known.contains($0) }) { findings.append(FieldFinding("items", "unknown", "有检查项不存在或已停用", title: "检查内容")) }
        return (unit, findings)
    }

    /// Grid officers are a register of another domain, met by its name where it is installed.
    private static let register = "gridOfficer"
    private var hasRegister: Bool { platform.ledgers.declarations.contains { $0.name == Self.register } }

    private func register(_ entry: Entry, _ unit: Unit, by principal: Principal, in tx: any Transaction) throws {
        guard hasRegister else { return try platform.identity.grids.appoint(entry.login, to: unit.id, post: entry.post, by: principal, in: tx) }
        let known = try tx.first("SELECT id FROM grid_officer WHERE login = \(entry.login) AND deleted_at IS NULL ORDER BY id LIMIT 1")?.int("id")
        if let known {
            _ = try platform.ledgers.update(
                Self.register, id: known, Draft(["grid": .int(unit.id), "duties": .string(entry.post), "remark": .string(entry.duties)]), by: principal, in: tx)
            return
        }
        guard !entry.idCard.isEmpty else {
            // An older account that stands in no register: its post alone.
            for row in try tx.rows(
                "SELECT m.unit_id FROM unit_members m JOIN units un ON un.id = m.unit_id JOIN users u ON u.id = m.user_id WHERE un.tree = 'grid' AND u.login = \(entry.login)")
            {
                if let old = row.int("unit_id"), old != unit.id { try platform.identity.grids.dismiss(entry.login, from: old, by: principal, in: tx) }
            }
            return try platform.identity.grids.appoint(entry.login, to: unit.id, post: entry.post, by: principal, in: tx)
        }
        let department = try entry.organisation.flatMap { try tx.first("SELECT name FROM organisations WHERE id = \($0)")?.text("name") } ?? ""
        let row = try platform.ledgers.create(
            Self.register,
            Draft([
                "name": .string(entry.name), "kind": .string("inspector"), "phone": .string(entry.phone), "idCard": .string(entry.idCard), "department": .string(department),
                "grid": .int(unit.id), "duties": .string(entry.post), "remark": .string(entry.duties),
            ]), by: principal, in: tx)
        _ = try platform.ledgers.update(Self.register, id: row.id, Draft(["login": .string(entry.login)]), by: principal, in: tx)
    }

    private func bind(_ entry: Entry, by principal: Principal, in tx: any Transaction) throws {
        let values: [String: JSONValue] = ["items": .array(entry.items.map { .string($0) }), "remark": .string(entry.duties)]
        if let known = try tx.first("SELECT id FROM item_binding WHERE login = \(entry.login) AND deleted_at IS NULL")?.int("id") {
            _ = try platform.ledgers.update(ItemBinding.ledger.name, id: known, Draft(values), by: principal, in: tx)
        } else {
            _ = try platform.ledgers.create(ItemBinding.ledger.name, Draft(values.merging(["login": .string(entry.login)]) { $1 }), by: principal, in: tx)
        }
    }
}
